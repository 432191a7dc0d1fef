// When a deadline is near, and when it is late.
import { describe, expect, it } from 'vitest';

import { standingOf, warnOf } from './deadline';

const NOW = new Date('2026-11-22T07:00:00Z');

describe('standingOf', () => {
  it.each([
    ['2026-11-22T09:00:00Z', '2026-11-22T08:00:00Z', 'in_time'],
    ['2026-11-22T09:00:00Z', '2026-11-22T07:00:00Z', 'near'],
    ['2026-11-22T09:00:00Z', null, 'in_time'],
    ['2026-11-22T07:00:00Z', '2026-11-22T06:00:00Z', 'late'],
  ])('of %s, near from %s, is %s', (due, warn, standing) => {
    expect(standingOf(due, warn, NOW)).toBe(standing);
  });
});

describe('warnOf', () => {
  const limits = [
    { urgency: 'urgent', stage: 'process', hours: 24, warn_hours: 4 },
    { urgency: 'normal', stage: 'process', hours: 24, warn_hours: 8 },
    { category: 'traffic_violation', stage: 'legal_verification', warn_hours: 120 },
  ];
  it.each([
    ['process', 'normal', '2026-11-22T01:00:00.000Z'],
    ['process', 'urgent', '2026-11-22T05:00:00.000Z'],
    ['answer', 'normal', '2026-11-22T05:00:00.000Z'],
  ])('of %s, %s', (stage, urgency, warn) => {
    expect(warnOf('2026-11-22T09:00:00Z', stage, urgency, limits)).toBe(warn);
  });

  it('stands without a policy', () => {
    expect(warnOf('2026-11-22T09:00:00Z', 'process', 'normal', undefined)).toBe(
      '2026-11-22T05:00:00.000Z',
    );
  });
});
