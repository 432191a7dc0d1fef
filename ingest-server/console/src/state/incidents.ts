// Incidents as the server has them: pages of the queue, one incident in full, and the decisions.
import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

import {
  decide,
  fetchIncident,
  listIncidents,
  releaseBundle,
  typePlate,
  type Decision,
} from '../api/endpoints';
import { ApiProblem } from '../api/problem';
import type { IncidentState } from '../api/types';

/** What the queue shows. */
export const FILTERS = [
  'open',
  'new',
  'acknowledged',
  'confirmed',
  'units',
  'answered',
  'rejected',
  'all',
] as const;
export type Filter = (typeof FILTERS)[number];

const STATES: Record<Filter, readonly IncidentState[]> = {
  open: ['new', 'eligible', 'acknowledged'],
  new: ['new', 'eligible'],
  acknowledged: ['acknowledged'],
  // The common tray: found real, and with nobody.
  confirmed: ['confirmed', 'returned', 'reopened'],
  units: ['routed', 'accepted', 'in_progress', 'sent_back'],
  answered: ['answered', 'approved', 'published'],
  rejected: ['rejected', 'not_eligible'],
  all: [],
};

/** Whether an incident in `state` belongs under `filter`. */
export function passes(filter: Filter, state: IncidentState): boolean {
  const states = STATES[filter];
  return states.length === 0 || states.includes(state);
}

export const incidentPages = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: ['incidents', filter],
    queryFn: ({ pageParam }) => listIncidents(STATES[filter], pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });

export const incidentQuery = (id: string) =>
  queryOptions({ queryKey: ['incident', id], queryFn: () => fetchIncident(id) });

export function useIncident(id: string) {
  return useQuery(incidentQuery(id));
}

/** Asks ahead for the incident that is probably opened next, so that it opens at once. */
export function usePrefetchedIncident(id: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    // Where it fails, opening the incident asks again and says why.
    if (id !== undefined) client.query(incidentQuery(id)).catch(() => undefined);
  }, [client, id]);
}

/** Sends a decision on the version that was on the screen. */
export function useDecision(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (decision: Decision) => decide(id, decision),
    onSuccess(detail) {
      client.setQueryData(incidentQuery(id).queryKey, detail);
      return refreshLists(client);
    },
    onError(error) {
      if (isConflict(error)) void refreshIncident(client, id);
    },
  });
}

/** Writes the plate of an event's vehicle. */
export function useTypePlate(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ event, plate }: { event: string; plate: string }) => typePlate(id, event, plate),
    onSuccess(detail) {
      client.setQueryData(incidentQuery(id).queryKey, detail);
    },
  });
}

/** Releases the bundle of an event. */
export function useRelease(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (event: string) => releaseBundle(id, event),
    onSuccess(detail) {
      client.setQueryData(incidentQuery(id).queryKey, detail);
    },
  });
}

/** Whether somebody else was quicker. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 409;
}

export function refreshLists(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: ['incidents'] });
}

export function refreshIncident(client: QueryClient, id: string): Promise<void> {
  return client.invalidateQueries({ queryKey: incidentQuery(id).queryKey });
}
