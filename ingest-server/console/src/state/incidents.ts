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
  type Shelf,
} from '../api/endpoints';
import { ApiProblem } from '../api/problem';
import type { IncidentState, IncidentSummary } from '../api/types';
import type { Desk } from './rights';

/** What a queue can show. */
export const FILTERS = [
  'open',
  'new',
  'acknowledged',
  'confirmed',
  'units',
  'answered',
  'rejected',
  'shelved',
  'toTake',
  'atWork',
  'toApprove',
  'finished',
  'all',
] as const;
export type Filter = (typeof FILTERS)[number];

const CENTRE: readonly Filter[] = [
  ...(['open', 'new', 'acknowledged', 'confirmed'] as const),
  ...(['units', 'answered', 'rejected', 'shelved', 'all'] as const),
];
const UNIT: readonly Filter[] = ['toTake', 'atWork', 'toApprove', 'finished', 'all'];

/** The filters of a desk; the first is the one it opens with. */
export function filtersOf(desk: Desk): readonly Filter[] {
  return desk === 'unit' ? UNIT : CENTRE;
}

const STATES: Record<Filter, readonly IncidentState[]> = {
  open: ['new', 'eligible', 'acknowledged'],
  new: ['new', 'eligible'],
  acknowledged: ['acknowledged'],
  // The common tray: found real, and with nobody.
  confirmed: ['confirmed', 'returned', 'reopened'],
  units: ['routed', 'accepted', 'in_progress', 'sent_back'],
  answered: ['answered', 'approved', 'published'],
  rejected: ['rejected', 'not_eligible'],
  shelved: [],
  // A unit's day: what came, what is being worked on, what its leader looks at, what is done.
  toTake: ['routed'],
  atWork: ['accepted', 'in_progress', 'sent_back'],
  toApprove: ['answered'],
  finished: ['approved', 'published', 'resolved', 'closed_unresolved', 'deferred'],
  all: [],
};

/** What is set aside is not looked for among work, for now; a unit's work is what it has, shelved or not. */
function shelfOf(filter: Filter): Shelf {
  if (filter === 'shelved') return 'only';
  return STATES[filter].length > 0 && !UNIT.includes(filter) ? 'hidden' : 'any';
}

/** Whether an incident belongs under `filter`. */
export function passes(
  filter: Filter,
  incident: Pick<IncidentSummary, 'state' | 'shelved_until'>,
): boolean {
  const states = STATES[filter];
  const shelved = (incident.shelved_until ?? null) !== null;
  const shelf = shelfOf(filter);
  const fitsShelf = shelf === 'any' || shelved === (shelf === 'only');
  return fitsShelf && (states.length === 0 || states.includes(incident.state));
}

export const incidentPages = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: ['incidents', filter],
    queryFn: ({ pageParam }) => listIncidents(STATES[filter], shelfOf(filter), pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });

export const incidentQuery = (id: string) =>
  queryOptions({ queryKey: ['incident', id], queryFn: () => fetchIncident(id) });

/** Below the incident's own key, so that what refreshes the incident refreshes its case. */
export const caseKey = (id: string) => [...incidentQuery(id).queryKey, 'case'];

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
    async onSuccess(detail) {
      client.setQueryData(incidentQuery(id).queryKey, detail);
      // What may be done next follows from what was just done.
      await client.invalidateQueries({ queryKey: caseKey(id) });
      await refreshLists(client);
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
