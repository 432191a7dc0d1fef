// The grid of meridians and parallels that takes the place of map tiles where there is no internet.
// Pure.
import type { Feature, LineString } from 'geojson';

import type { Bounds } from './geometry';

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

/** One line of the grid, with its value as text. */
export type GridLine = Feature<LineString, { label: string }>;

/** The lines within `bounds`. */
export function graticule([west, south, east, north]: Bounds): GridLine[] {
  const step = stepFor(east - west);
  const meridians = multiples(step, west, east).map((lon) =>
    line(`${angle(Math.abs(lon))} ${lon < 0 ? 'W' : 'E'}`, [lon, south], [lon, north]),
  );
  const parallels = multiples(step, south, north).map((lat) =>
    line(`${angle(Math.abs(lat))} ${lat < 0 ? 'S' : 'N'}`, [west, lat], [east, lat]),
  );
  return [...meridians, ...parallels];
}

function multiples(step: number, from: number, to: number): number[] {
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * step);
}

function line(label: string, from: [number, number], to: [number, number]): GridLine {
  return {
    type: 'Feature',
    properties: { label },
    geometry: { type: 'LineString', coordinates: [from, to] },
  };
}

/** `16°27'36"` */
export function angle(value: number): string {
  const seconds = Math.round(value * 3600);
  const two = (part: number): string => part.toString().padStart(2, '0');
  const whole = Math.floor(seconds / 3600);
  return `${whole}°${two(Math.floor(seconds / 60) % 60)}′${two(seconds % 60)}″`;
}
