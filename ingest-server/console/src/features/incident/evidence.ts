// Which proof there is to see: pure choices over an incident's evidence entries.
import type { Evidence, IncidentDetail } from '../../api/types';

/** What can be put on the stage, in the order an operator wants to see it. */
export const VIEWS = ['clip', 'still_overlay', 'still'] as const;
export type View = (typeof VIEWS)[number];

/** The evidence of one sighting by view; a view without entry is absent. */
export type Sighting = Readonly<Partial<Record<View, Evidence>>>;

/** The sightings that were merged into the incident, oldest first. */
export function sightings(incident: IncidentDetail): Sighting[] {
  const byEvent = new Map<string, Partial<Record<View, Evidence>>>();
  for (const entry of incident.evidence) {
    const view = VIEWS.find((known) => known === entry.kind);
    if (view === undefined) continue;
    const sighting = byEvent.get(entry.event_id) ?? {};
    sighting[view] = entry;
    byEvent.set(entry.event_id, sighting);
  }
  return [...byEvent.values()];
}

/** The best view that can be seen now; null while there is none. */
export function bestView(sighting: Sighting): View | null {
  return VIEWS.find((view) => sighting[view]?.state === 'stored') ?? null;
}

/** The view after `view`, around the ring. */
export function nextView(view: View): View {
  return VIEWS[(VIEWS.indexOf(view) + 1) % VIEWS.length] ?? VIEWS[0];
}
