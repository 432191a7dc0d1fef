// Which proof there is to see: pure choices over an incident's evidence entries.
import type { Evidence, IncidentDetail } from '../../api/types';

/** What can be put on the stage, in the order an operator wants to see it; `preview` stands in while
 *  the stills are on their way. */
export const KINDS = [
  'clip',
  'still_overlay',
  'still',
  'still_before_overlay',
  'still_after_overlay',
  'crop',
  'preview',
] as const;
export type Kind = (typeof KINDS)[number];

/** Offered even before they exist, since every sighting promises them. */
const ALWAYS: ReadonlySet<Kind> = new Set<Kind>(['clip', 'still_overlay', 'still']);

/** One thing that can be put on the stage: a part of the clip, a still, the crop of a track. */
export interface View {
  /** Names it within its sighting, the same whenever the incident is read again. */
  readonly key: string;
  readonly kind: Kind;
  /** Absent while it is only promised. */
  readonly entry: Evidence | undefined;
}

/** What there is to see of one sighting, in the order of [KINDS]; clips by part, crops by track. */
export type Sighting = readonly View[];

/** The sightings that were merged into the incident, oldest first. */
export function sightings(incident: IncidentDetail): Sighting[] {
  const byEvent = new Map<string, Evidence[]>();
  for (const entry of incident.evidence) {
    byEvent.set(entry.event_id, [...(byEvent.get(entry.event_id) ?? []), entry]);
  }
  return [...byEvent.values()].map(views);
}

/** What is promised before anything is known. */
export const PROMISED: Sighting = views([]);

function views(entries: readonly Evidence[]): View[] {
  const replaced = entries.some((entry) => entry.kind === 'still_overlay' && isStored(entry));
  return KINDS.filter((kind) => kind !== 'preview' || !replaced).flatMap((kind): View[] => {
    const own = entries.filter((entry) => entry.kind === kind).toSorted(byPart);
    if (own.length === 0) return ALWAYS.has(kind) ? [{ key: kind, kind, entry: undefined }] : [];
    return own.map((entry, index) => ({ key: keyOf(kind, entry, index), kind, entry }));
  });
}

/** A clip that was promised whole keeps its place when it comes in parts. */
function keyOf(kind: Kind, entry: Evidence, index: number): string {
  if (kind === 'crop') return `crop/${entry.id}`;
  return index === 0 ? kind : `${kind}/${index + 1}`;
}

function byPart(one: Evidence, other: Evidence): number {
  return (one.part?.number ?? 0) - (other.part?.number ?? 0);
}

function isStored(entry: Evidence | undefined): boolean {
  return entry?.state === 'stored';
}

/** The view of that name. */
export function viewOf(key: string | null, sighting: Sighting): View | undefined {
  return sighting.find((view) => view.key === key);
}

/** The best view that can be seen now; null while there is none. */
export function bestView(sighting: Sighting): View | null {
  return sighting.find((view) => isStored(view.entry)) ?? null;
}

/** The view after that of the name `key`, around the ring. */
export function nextView(key: string | null, sighting: Sighting): View | undefined {
  const index = sighting.findIndex((view) => view.key === key);
  return sighting[(index + 1) % sighting.length];
}

/** Whether a view moves. */
export function isClip(kind: Kind): boolean {
  return kind === 'clip';
}

/** Where the bytes that a browser plays are: the viewing copy where one was made. */
export function playedUrl(original: string, entry: Evidence): string {
  return entry.viewing?.state === 'made' ? (entry.viewing.url ?? original) : original;
}

/** Whether what is played is a copy and not the evidence. */
export function isDerived(entry: Evidence): boolean {
  return entry.viewing?.state === 'made';
}

/** Whether a copy that this browser can play is on its way. */
export function isViewingExpected(entry: Evidence): boolean {
  return entry.viewing?.state === 'queued' || entry.viewing?.state === 'making';
}
