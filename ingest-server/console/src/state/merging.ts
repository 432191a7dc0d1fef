// Merging by people: a wish on the version that was on the screen, and what it changes.
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { merging, type MergingWish } from '../api/endpoints';
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
