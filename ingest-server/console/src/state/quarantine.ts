// What the server did not take in, and whose it was.
import { useQuery } from '@tanstack/react-query';

import { listQuarantine } from '../api/agents';
import { useLivePolling } from './live';

export function useQuarantine() {
  return useQuery({
    queryKey: ['quarantine'],
    queryFn: listQuarantine,
    staleTime: 0,
    refetchInterval: useLivePolling(),
  });
}

/** Who sent a message, and which sort it is, as its topic says. */
export type Sender =
  | { kind: 'agent'; agent: string; camera: string | null; sort: string }
  | { kind: 'unit'; unit: string; sort: string }
  /** A topic that this console does not know: it is shown as it came. */
  | { kind: 'topic'; topic: string };

/** Reads a topic of the contract, `vong/v1/agents/{agent}/…` or `vong/v1/units/{unit}/…`. */
export function senderOf(topic: string): Sender {
  const [root, version, branch, id, ...rest] = topic.split('/');
  if (root === 'vong' && version === 'v1' && id !== undefined) {
    const [leaf, camera, ofCamera] = rest;
    if (
      branch === 'agents' &&
      leaf === 'cameras' &&
      camera !== undefined &&
      ofCamera !== undefined
    ) {
      return { kind: 'agent', agent: id, camera, sort: `camera_${ofCamera}` };
    }
    if (branch === 'agents' && leaf !== undefined) {
      return { kind: 'agent', agent: id, camera: null, sort: leaf };
    }
    if (branch === 'units' && leaf !== undefined) return { kind: 'unit', unit: id, sort: leaf };
  }
  return { kind: 'topic', topic };
}
