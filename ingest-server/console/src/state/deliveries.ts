// What units were told of an incident: read, sent again, acknowledged for them.
import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';

import { acknowledgeDelivery, fetchDeliveries, replayDelivery } from '../api/endpoints';
import type { Delivery, IncidentDetail } from '../api/types';

// Below the incident's own key: what refreshes the incident refreshes these.
const deliveriesKey = (incident: string) => ['incident', incident, 'deliveries'];

/** The messages about an incident; the live event of the incident tells when to read them again. */
export function useDeliveries(incident: IncidentDetail, may: boolean) {
  return useQuery({
    enabled: may,
    queryKey: deliveriesKey(incident.id),
    queryFn: () => fetchDeliveries(incident.id),
  });
}

/** Sends a message again. */
export function useReplay(incident: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (delivery: Delivery) => replayDelivery(delivery.id),
    onSettled: () => refreshDeliveries(client, incident),
  });
}

/** Writes that a unit has a message. */
export function useAcknowledge(incident: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ delivery, by }: { delivery: Delivery; by: string }) =>
      acknowledgeDelivery(delivery.id, by),
    onSettled: () => refreshDeliveries(client, incident),
  });
}

/** Reads what units were told again. */
export async function refreshDeliveries(client: QueryClient, incident: string): Promise<void> {
  await client.invalidateQueries({ queryKey: deliveriesKey(incident) });
}
