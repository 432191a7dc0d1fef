// Citizens' reports as staff works with them. Contact data stay with the component that asked, never in the cache.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { fetchServices } from '../api/portal';
import { fetchContact, keepReport, type KeepingWish, type Purpose } from '../api/reports';
import { currentLanguage } from '../i18n';
import { refreshIncident } from './incidents';

/** What a kind of report is called; its code where it is gone. */
export function useServiceName(): (code: string) => string {
  const services = useQuery({
    queryKey: ['services'],
    queryFn: fetchServices,
    staleTime: 600_000,
  }).data;
  return (code) =>
    services?.items.find((service) => service.code === code)?.name[currentLanguage()] ?? code;
}

/** Asks whom to call back; each asking is written down. */
export function useContact(report: string) {
  return useMutation({
    mutationFn: (purpose: Purpose) => fetchContact(report, purpose),
    // What was shown is gone with the component.
    gcTime: 0,
  });
}

/** Holds, makes nameless or erases a report. */
export function useKeeping(incident: string, report: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: KeepingWish) => keepReport(report, wish),
    onSettled: () => refreshIncident(client, incident),
  });
}
