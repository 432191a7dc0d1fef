// Commands and desired state of agents: given, watched until they are answered, read again when something changed.
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import {
  fetchCommand,
  fetchDesired,
  giveCommand,
  listCommands,
  putDesired,
  type Command,
  type CommandAction,
} from '../api/orders';
import { useLivePolling } from './live';

/** Below this key lies everything that a live event `command` or `agent` makes old. */
const ORDERS_KEY = ['orders'] as const;

const commandsKey = (agent: string) => [...ORDERS_KEY, agent, 'commands'];
const desiredQuery = (agent: string) =>
  queryOptions({
    queryKey: [...ORDERS_KEY, agent, 'desired'],
    queryFn: () => fetchDesired(agent),
  });

/** Whether an answer may still come. */
export function isUnderWay(command: Pick<Command, 'state'>): boolean {
  return command.state === 'queued' || command.state === 'sent';
}

/** How often a command that is under way is asked about, beside the live events. */
const WATCH_MS = 3_000;

/** The newest commands of an agent. */
export function useCommands(agent: string, enabled: boolean) {
  const polling = useLivePolling();
  return useQuery({
    queryKey: commandsKey(agent),
    queryFn: () => listCommands(agent),
    enabled,
    refetchInterval: (query) => (query.state.data?.some(isUnderWay) ? WATCH_MS : polling),
  });
}

/** One command by its id; none where there is none to ask about. */
export function useCommand(id: string | null) {
  return useQuery({
    queryKey: [...ORDERS_KEY, 'command', id],
    queryFn: () => fetchCommand(id ?? ''),
    enabled: id !== null,
  });
}

export function useGiveCommand(agent: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: CommandAction) => giveCommand(agent, action),
    onSettled: () => client.invalidateQueries({ queryKey: commandsKey(agent) }),
  });
}

/** What is wanted of an agent; asked again while the agent has not taken the newest version up. */
export function useDesired(agent: string, enabled: boolean) {
  const polling = useLivePolling();
  return useQuery({
    ...desiredQuery(agent),
    enabled,
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && data.version > 0 && data.applied?.version !== data.version
        ? WATCH_MS
        : polling,
  });
}

export function usePutDesired(agent: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version, wanted }: { version: number; wanted: object }) =>
      putDesired(agent, version, wanted),
    onSuccess(desired) {
      client.setQueryData(desiredQuery(agent).queryKey, desired);
    },
    onError: () => client.invalidateQueries({ queryKey: desiredQuery(agent).queryKey }),
  });
}
