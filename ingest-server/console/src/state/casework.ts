// How an incident is worked: its case, the steps it takes, and what is done with it at the desk.
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import {
  atDesk,
  fetchCase,
  listOverdue,
  takeStep,
  undoStep,
  type DeskWish,
  type StepWish,
} from '../api/endpoints';
import { fetchPolicy, fetchProposedRoute } from '../api/setup';
import type { Case } from '../api/types';
import { caseKey, incidentQuery, isConflict, refreshIncident, refreshLists } from './incidents';
import { useLivePolling } from './live';

const caseQuery = (id: string) =>
  queryOptions({ queryKey: caseKey(id), queryFn: () => fetchCase(id) });

export function useCase(id: string) {
  return useQuery(caseQuery(id));
}

/** A unit as the policy names it. */
export interface Unit {
  id: string;
  name: string;
  parent?: string | null;
}

/** The units below another, however deep. */
export function unitsBelow(units: readonly Unit[], above: string): Unit[] {
  const found = new Set([above]);
  // As often as the tree may be deep: a ring of units would never end otherwise.
  units.forEach(() => {
    for (const unit of units) {
      if (typeof unit.parent === 'string' && found.has(unit.parent)) found.add(unit.id);
    }
  });
  return units.filter(({ id }) => id !== above && found.has(id));
}

export const policyQuery = queryOptions({
  queryKey: ['policy'],
  queryFn: fetchPolicy,
  staleTime: 60_000,
});

/** The units that incidents may be routed to. */
export function useUnits(): readonly Unit[] {
  const units: unknown = useQuery(policyQuery).data?.policy.units;
  return Array.isArray(units) ? units.filter(isUnit) : [];
}

/** What a unit is called; its id where the policy no longer names it. */
export function useUnitName(): (id: string) => string {
  const units = useUnits();
  return (id) => units.find((unit) => unit.id === id)?.name ?? id;
}

/** What the rules in force say of an incident, once somebody asks. */
export function useProposedRoute(id: string, version: number, asked: boolean) {
  return useQuery({
    queryKey: [...incidentQuery(id).queryKey, 'proposed', version],
    queryFn: () => fetchProposedRoute(id),
    enabled: asked,
  });
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
