// One agent as an administrator looks at it: its keys, its chain of manifests, what it let go; and how it is shut out.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import {
  fetchAgentKeys,
  fetchChain,
  listGapReports,
  revokeAgentKey,
  shutOut,
  type GapReport,
} from '../api/agents';
import type { Agent } from '../api/types';
import { isExpected, isOnline } from './cameras';

/** Below this key lies everything that a live event `agent` makes old. */
export const AGENT_KEY = ['agent'] as const;

const keysKey = (agent: string) => [...AGENT_KEY, agent, 'keys'];
const chainKey = (agent: string) => [...AGENT_KEY, agent, 'chain'];

export function useAgentKeys(agent: string) {
  return useQuery({
    queryKey: keysKey(agent),
    queryFn: () => fetchAgentKeys(agent),
    staleTime: 0,
  });
}

/** Nothing tells that a manifest came: it is asked for whenever somebody looks. */
export function useAgentChain(agent: string) {
  return useQuery({ queryKey: chainKey(agent), queryFn: () => fetchChain(agent), staleTime: 0 });
}

/** Nothing tells that an agent let something go: it is asked for whenever somebody looks. */
export function useGapReports() {
  return useQuery({ queryKey: ['gap-reports'], queryFn: listGapReports, staleTime: 0 });
}

/** Revokes one key of an agent, or shuts the whole agent out. */
export type AgentWish = { kind: 'key'; key: string } | { kind: 'agent' };

export function useAgentWish(agent: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: AgentWish): Promise<void> =>
      wish.kind === 'key' ? revokeAgentKey(agent, wish.key) : shutOut(agent),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keysKey(agent) }),
        client.invalidateQueries({ queryKey: ['agents'] }),
      ]),
  });
}

/** One thing that an agent's outbox let go. */
export type Loss = GapReport['losses'][number] &
  Pick<GapReport, 'agent' | 'outbox'> & { told: string };

/** Every loss of these reports, in a line each; those that were told last first. */
export function lossesOf(reports: readonly GapReport[]): Loss[] {
  return reports.flatMap(({ agent, outbox, received_at: told, losses }) =>
    losses.map((loss) => ({ ...loss, agent, outbox, told })),
  );
}

const rank = (agent: Agent): number => (isExpected(agent) ? (isOnline(agent) ? 1 : 0) : 2);

/** Those that should be there and are not first, those that are shut out last. */
export function agentsByNeed(agents: readonly Agent[]): Agent[] {
  return agents.toSorted(
    (a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id, 'vi', { numeric: true }),
  );
}
