// Shapes on the ground, in metres and degrees (WGS84, longitude first as in GeoJSON). Pure. A sphere
// of the mean radius is enough: over the few kilometres of a map the error is below a pixel.
import type { Polygon, Position as LonLat } from 'geojson';

import type { Place, Position } from '../../api/types';

const EARTH_RADIUS_M = 6_371_008.8;
const CIRCLE_POINTS = 64;
/** How far a bearing is drawn; how far the thing is, a bearing does not say. */
export const BEARING_REACH_M = 3_000;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const degrees = (angle: number): number => (angle * 180) / Math.PI;

/** The point `metres` from `from` in direction `bearing` (degrees clockwise from north). */
export function destination(from: Position, bearing: number, metres: number): LonLat {
  const arc = metres / EARTH_RADIUS_M;
  const lat = radians(from.lat);
  const course = radians(bearing);
  const toLat = Math.asin(
    Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(course),
  );
  const east = Math.sin(course) * Math.sin(arc) * Math.cos(lat);
  const north = Math.cos(arc) - Math.sin(lat) * Math.sin(toLat);
  return [from.lon + degrees(Math.atan2(east, north)), degrees(toLat)];
}

/** The circle of `radius` metres. */
export function circle(centre: Position, radius: number): Polygon {
  const ring = Array.from({ length: CIRCLE_POINTS }, (_, step) =>
    destination(centre, (step * 360) / CIRCLE_POINTS, radius),
  );
  return closed(ring);
}

/** The wedge of ± `spread` degrees about `bearing`, out to `reach` metres. */
export function wedge(from: Position, bearing: number, spread: number, reach: number): Polygon {
  const steps = Math.max(2, Math.ceil(spread));
  const arc = Array.from({ length: 2 * steps + 1 }, (_, step) =>
    destination(from, bearing - spread + (step * spread) / steps, reach),
  );
  return closed([[from.lon, from.lat], ...arc]);
}

function closed(ring: LonLat[]): Polygon {
  const first = ring[0];
  return { type: 'Polygon', coordinates: [first === undefined ? ring : [...ring, first]] };
}

/** Where the thing may be. */
export function areaOf(place: Place): Polygon {
  return place.type === 'point'
    ? circle(place.position, place.uncertainty_m)
    : wedge(place.from, place.degrees, place.uncertainty_deg, BEARING_REACH_M);
}

/** The point a place is anchored at: the thing itself, or the camera that gives the bearing. */
export function anchorOf(place: Place): Position {
  return place.type === 'point' ? place.position : place.from;
}

/** South-west and north-east corner, in degrees. */
export type Bounds = [west: number, south: number, east: number, north: number];

/** The smallest view that shows the area, and at least `minimum` metres about its anchor. */
export function boundsOf(place: Place, minimum: number): Bounds {
  const anchor = anchorOf(place);
  const points = [
    ...(areaOf(place).coordinates[0] ?? []),
    ...(circle(anchor, minimum).coordinates[0] ?? []),
  ];
  const lons = points.map((point) => point[0] ?? anchor.lon);
  const lats = points.map((point) => point[1] ?? anchor.lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
