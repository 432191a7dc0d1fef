// How an incident is worked: its case, the steps it takes, and what is done with it at the desk.
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import {
  atDesk,
  fetchCase,
  fetchPolicy,
  listOverdue,
  takeStep,
  takeSteps,
  undoStep,
  type DeskWish,
  type StepWish,
} from '../api/endpoints';
import type { Case } from '../api/types';
import { incidentQuery, isConflict, refreshIncident, refreshLists } from './incidents';
import { useLivePolling } from './live';

/** Below the incident's own key, so that what refreshes the incident refreshes its case. */
const caseQuery = (id: string) =>
  queryOptions({ queryKey: [...incidentQuery(id).queryKey, 'case'], queryFn: () => fetchCase(id) });

export function useCase(id: string) {
  return useQuery(caseQuery(id));
}

/** A unit as the policy names it. */
export interface Unit {
  id: string;
  name: string;
}

/** The units that incidents may be routed to. */
export function useUnits(): readonly Unit[] {
  const query = useQuery({ queryKey: ['policy'], queryFn: fetchPolicy, staleTime: 60_000 });
  const units: unknown = query.data?.policy.units;
  return Array.isArray(units) ? units.filter(isUnit) : [];
}

function isUnit(value: unknown): value is Unit {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'name' in value &&
    typeof value.name === 'string'
  );
}

/** What somebody wants of a case. */
export type CaseWish =
  | { kind: 'step'; version: number; step: StepWish }
  | { kind: 'undo'; version: number }
  | { kind: 'desk'; wish: DeskWish };

export function useCaseWish(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn(wish: CaseWish): Promise<Case> {
      switch (wish.kind) {
        case 'step':
          return takeStep(id, wish.version, wish.step);
        case 'undo':
          return undoStep(id, wish.version);
        case 'desk':
          return atDesk(id, wish.wish);
      }
    },
    async onSuccess(answer) {
      await refreshIncident(client, id);
      client.setQueryData(caseQuery(id).queryKey, answer);
      await refreshLists(client);
    },
    onError(error) {
      if (isConflict(error)) void refreshIncident(client, id);
    },
  });
}

export function useOverdue() {
  return useQuery({
    queryKey: ['incidents', 'overdue'],
    queryFn: listOverdue,
    refetchInterval: useLivePolling(),
  });
}

/** One step for many incidents. */
export function useBulk() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ items, step }: { items: { id: string; version: number }[]; step: StepWish }) =>
      takeSteps(items, step),
    onSettled: () => refreshLists(client),
  });
}
