// Which proof there is to see: pure choices over an incident's evidence entries.
import type { Evidence, IncidentDetail } from '../../api/types';

/** What can be put on the stage, in the order an operator wants to see it. `clip2` is the other part of
 *  a clip during which the camera was away; `preview` stands in while the stills are on their way. */
export const VIEWS = [
  'clip',
  'clip2',
  'still_overlay',
  'still',
  'still_before_overlay',
  'still_after_overlay',
  'crop',
  'preview',
] as const;
export type View = (typeof VIEWS)[number];

/** Offered even before they exist, since every sighting promises them. */
const ALWAYS: ReadonlySet<View> = new Set<View>(['clip', 'still_overlay', 'still']);

/** The evidence of one sighting by view; a view without entry is absent. */
export type Sighting = Readonly<Partial<Record<View, Evidence>>>;

/** The sightings that were merged into the incident, oldest first. */
export function sightings(incident: IncidentDetail): Sighting[] {
  const byEvent = new Map<string, Partial<Record<View, Evidence>>>();
  for (const entry of incident.evidence) {
    const known = VIEWS.find((view) => view === entry.kind);
    if (known === undefined) continue;
    const sighting = byEvent.get(entry.event_id) ?? {};
    // Of several crops the first is of the surest track.
    const view = known === 'clip' && sighting.clip !== undefined ? 'clip2' : known;
    sighting[view] ??= entry;
    byEvent.set(entry.event_id, sighting);
  }
  return [...byEvent.values()];
}

/** The views to choose from. */
export function choices(sighting: Sighting): View[] {
  const replaced = sighting.still_overlay?.state === 'stored';
  const offered = VIEWS.filter((view) => ALWAYS.has(view) || sighting[view] !== undefined);
  return offered.filter((view) => view !== 'preview' || !replaced);
}

/** The best view that can be seen now; null while there is none. */
export function bestView(sighting: Sighting): View | null {
  return VIEWS.find((view) => sighting[view]?.state === 'stored') ?? null;
}

/** The view after `view`, around the ring of those that can be chosen. */
export function nextView(view: View, sighting: Sighting): View {
  const ring = choices(sighting);
  return ring[(ring.indexOf(view) + 1) % ring.length] ?? 'clip';
}

/** Whether a view moves. */
export function isClip(view: View): boolean {
  return view === 'clip' || view === 'clip2';
}
