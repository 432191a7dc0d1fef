// The grid of meridians and parallels that takes the place of map tiles where there is no internet.
// Pure.
import type { Feature, LineString, Point } from 'geojson';

import type { Bounds } from './geometry';

type LonLat = [lon: number, lat: number];

const SECOND = 1 / 3600;
const MINUTE = 1 / 60;

/** Steps a person can count in: seconds, minutes, degrees. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 5, 10, 15, 30],
];

/** About as many lines as a small map can bear. */
const WANTED_LINES = 4;

/** The finest step that draws at most [WANTED_LINES] meridians over `width` degrees. */
export function stepFor(width: number): number {
  return STEPS.find((step) => width / step <= WANTED_LINES) ?? 30;
}

/** A line of the grid, or the value of one at the upper or left edge. */
export type GridFeature =
  Feature<LineString> | Feature<Point, { label: string; edge: 'top' | 'left' }>;

/** The lines within `bounds`, each with its value at the edge. */
export function graticule([west, south, east, north]: Bounds): GridFeature[] {
  const step = stepFor(east - west);
  const meridians = multiples(step, west, east).flatMap((lon) => [
    line([lon, south], [lon, north]),
    label([lon, north], 'top', `${angle(Math.abs(lon))} ${lon < 0 ? 'W' : 'E'}`),
  ]);
  const parallels = multiples(step, south, north).flatMap((lat) => [
    line([west, lat], [east, lat]),
    label([west, lat], 'left', `${angle(Math.abs(lat))} ${lat < 0 ? 'S' : 'N'}`),
  ]);
  return [...meridians, ...parallels];
}

function multiples(step: number, from: number, to: number): number[] {
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * step);
}

function line(from: LonLat, to: LonLat): GridFeature {
  return {
    type: 'Feature',
    properties: {},
    geometry: { type: 'LineString', coordinates: [from, to] },
  };
}

function label(at: LonLat, edge: 'top' | 'left', text: string): GridFeature {
  return {
    type: 'Feature',
    properties: { label: text, edge },
    geometry: { type: 'Point', coordinates: at },
  };
}

/** `16°27'36"` */
export function angle(value: number): string {
  const seconds = Math.round(value * 3600);
  const two = (part: number): string => part.toString().padStart(2, '0');
  const whole = Math.floor(seconds / 3600);
  return `${whole}°${two(Math.floor(seconds / 60) % 60)}′${two(seconds % 60)}″`;
}
