// Merging by people: a wish on the version that was on the screen, and what it changes.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { listIncidents, merging, type MergingWish } from '../api/endpoints';
import type { IncidentDetail, IncidentState, IncidentSummary } from '../api/types';
import { incidentQuery, isConflict, refreshIncident, refreshLists } from './incidents';

export function useMerging(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: MergingWish) => merging(id, wish),
    async onSuccess(detail) {
      client.setQueryData(incidentQuery(id).queryKey, detail);
      await client.invalidateQueries({ queryKey: ['incident'] });
      await refreshLists(client);
    },
    onError(error) {
      if (isConflict(error)) void refreshIncident(client, id);
    },
  });
}

/** States in which an incident can take another in. */
const OPEN: readonly IncidentState[] = [
  ...(['new', 'eligible', 'acknowledged', 'confirmed', 'routed', 'accepted'] as const),
  ...(['returned', 'in_progress', 'reopened'] as const),
];

/** What an incident may be merged into by hand: the newest open ones, those of its kind first. */
export function useMergeTargets(incident: IncidentDetail, enabled: boolean) {
  return useQuery({
    queryKey: ['incidents', 'merge-targets'],
    queryFn: () => listIncidents(OPEN, 'any', null),
    select: (page) => targetsOf(page.items, incident),
    enabled,
  });
}

/** The others, those of the same kind first; else in the order of the list. */
export function targetsOf(
  items: readonly IncidentSummary[],
  incident: Pick<IncidentSummary, 'id' | 'kind'>,
): IncidentSummary[] {
  const others = items.filter(({ id }) => id !== incident.id);
  const same = others.filter(({ kind }) => kind === incident.kind);
  return [...same, ...others.filter(({ kind }) => kind !== incident.kind)];
}
