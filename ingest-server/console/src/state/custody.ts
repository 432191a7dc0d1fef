// A piece's custody log, and its redacted copy: asked for and given out.
import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';

import { askForRedaction, disclose, fetchCustody, type Recipient } from '../api/endpoints';
import type { Evidence } from '../api/types';
import { refreshIncident } from './incidents';

const custodyKey = (incident: string) => ['custody', incident];

/** The log of a piece; read anew whenever one of its copies changed. */
export function useCustody(incident: string, entry: Evidence) {
  return useQuery({
    queryKey: [...custodyKey(incident), entry.id, entry.viewing?.state, entry.redacted?.state],
    queryFn: () => fetchCustody(incident, entry.id),
  });
}

/** Asks for a redacted copy. */
export function useAskForRedaction(incident: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (entry: Evidence) => askForRedaction(incident, entry.id),
    onSettled: () => refresh(client, incident),
  });
}

/** Gives the redacted copy out, and writes down to whom. */
export function useDisclosure(incident: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ entry, to }: { entry: Evidence; to: Recipient }) =>
      disclose(incident, entry.id, to),
    onSettled: () => refresh(client, incident),
  });
}

async function refresh(client: QueryClient, incident: string): Promise<void> {
  await refreshIncident(client, incident);
  await client.invalidateQueries({ queryKey: custodyKey(incident) });
}
