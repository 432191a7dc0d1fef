// Shapes on the ground are of the size they claim.
import { describe, expect, it } from 'vitest';

import { areaOf, boundsOf, circle, destination, wedge } from './geometry';
import { angle, graticule, stepFor } from './graticule';

const here = { lat: 16.46, lon: 107.59 };
/** Metres of one degree of latitude on the sphere. */
const DEGREE_M = 111_195;

/** Distance in metres between two near points. */
function distance([lonA = 0, latA = 0]: number[], [lonB = 0, latB = 0]: number[]): number {
  const north = (latB - latA) * DEGREE_M;
  const east = (lonB - lonA) * DEGREE_M * Math.cos((latA * Math.PI) / 180);
  return Math.hypot(north, east);
}

describe('destination', () => {
  it.each([0, 45, 90, 180, 275])('goes the distance towards %i°', (bearing) => {
    const there = destination(here, bearing, 500);
    expect(distance([here.lon, here.lat], there)).toBeCloseTo(500, 0);
  });

  it('goes north to the north and east to the east', () => {
    expect(destination(here, 0, 500)[1]).toBeGreaterThan(here.lat);
    expect(destination(here, 90, 500)[0]).toBeGreaterThan(here.lon);
  });
});

describe('areas', () => {
  it('are a closed circle for a point', () => {
    const [ring = []] = circle(here, 20).coordinates;
    expect(ring.at(0)).toEqual(ring.at(-1));
    for (const point of ring) expect(distance([here.lon, here.lat], point)).toBeCloseTo(20, 1);
  });

  it('are a wedge from the camera for a bearing', () => {
    const [ring = []] = wedge(here, 90, 10, 1000).coordinates;
    expect(ring.at(0)).toEqual([here.lon, here.lat]);
    for (const point of ring.slice(1, -1)) expect(point[0]).toBeGreaterThan(here.lon);
  });

  it('lie within their bounds', () => {
    const place = { type: 'bearing', from: here, degrees: 300, uncertainty_deg: 4 } as const;
    const [west, south, east, north] = boundsOf(place, 100);
    for (const [lon = 0, lat = 0] of areaOf(place).coordinates[0] ?? []) {
      expect(lon).toBeGreaterThanOrEqual(west);
      expect(lon).toBeLessThanOrEqual(east);
      expect(lat).toBeGreaterThanOrEqual(south);
      expect(lat).toBeLessThanOrEqual(north);
    }
  });
});

describe('the graticule', () => {
  it('has few lines at every scale', () => {
    for (const width of [0.0005, 0.004, 0.03, 0.5, 7, 90]) {
      const grid = graticule([107, 16, 107 + width, 16 + width]);
      const lines = grid.filter((feature) => feature.geometry.type === 'LineString');
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(10);
    }
  });

  it('counts in seconds, minutes and degrees', () => {
    expect(stepFor(0.003) * 3600).toBeCloseTo(5);
    expect(angle(16.46)).toBe('16°27′36″');
  });
});
