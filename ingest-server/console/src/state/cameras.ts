// Cameras and agents, and which of them need a person: a dead camera must never look calm.
import { useQuery } from '@tanstack/react-query';

import { listAgents, listCameras } from '../api/endpoints';
import type { Agent, Camera } from '../api/types';
import { useLivePolling } from './live';

export function useCameras() {
  return useQuery({
    queryKey: ['cameras'],
    queryFn: listCameras,
    refetchInterval: useLivePolling(),
  });
}

export function useAgents() {
  return useQuery({ queryKey: ['agents'], queryFn: listAgents, refetchInterval: useLivePolling() });
}

/** How a camera stands with the operator. */
export type CameraSight =
  /** Pictures arrive and are analysed. */
  | 'seeing'
  /** It is being connected for the first time, or has not said what it does. */
  | 'starting'
  /** It does not see, or nobody can say whether it does. */
  | 'blind';

/** What `camera` amounts to. A camera of an agent that is away is blind whatever it said last. */
export function sightOf(camera: Camera): CameraSight {
  if (camera.agent_liveness !== 'online') return 'blind';
  if (camera.state === 'running') return 'seeing';
  const quiet = (camera.state ?? 'connecting') === 'connecting';
  return quiet ? 'starting' : 'blind';
}

export const cameraName = (camera: { id: string; name?: string | null }): string =>
  camera.name ?? camera.id;

const RANK: Record<CameraSight, number> = { blind: 0, starting: 1, seeing: 2 };

/** The blind first, then by name, so that a row moves only when its state does. */
export function byNeed(cameras: readonly Camera[]): Camera[] {
  return cameras.toSorted(
    (a, b) =>
      RANK[sightOf(a)] - RANK[sightOf(b)] ||
      cameraName(a).localeCompare(cameraName(b), 'vi', { numeric: true }) ||
      a.id.localeCompare(b.id),
  );
}

/** Where an agent stands: one that was shut out is neither here nor missed. */
export type AgentStanding = Agent['liveness'] | 'revoked';

export const standingOfAgent = (agent: Agent): AgentStanding =>
  isExpected(agent) ? agent.liveness : 'revoked';

export const isOnline = (agent: Agent): boolean => agent.liveness === 'online';

/** Whether the agent is one that should be there; an administrator may have revoked it. */
export const isExpected = (agent: Agent): boolean => (agent.revoked_at ?? null) === null;
