// Until when keys of programs hold.
import { describe, expect, it } from 'vitest';

import { daysOfEnding, endOfDay, standingOfKey } from './keys';

const now = new Date('2026-11-22T07:00:00Z');

describe('a key', () => {
  it.each([
    ['good', { expires_at: '2026-11-22T07:00:01Z' }],
    ['expired', { expires_at: '2026-11-22T07:00:00Z', revoked_at: null }],
    ['revoked', { expires_at: '2027-11-22T07:00:00Z', revoked_at: '2026-11-01T00:00:00Z' }],
  ])('is %s', (standing, key) => {
    expect(standingOfKey(key, now)).toBe(standing);
  });

  it('ends with a day of the place, within two years', () => {
    expect(daysOfEnding(now)).toEqual({ first: '2026-11-22', last: '2028-11-21' });
    expect(endOfDay('2026-11-22')).toBe('2026-11-22T16:59:59.000Z');
    // 731 days is what the server allows.
    const longest = new Date(endOfDay(daysOfEnding(now).last)).getTime() - now.getTime();
    expect(longest).toBeLessThan(731 * 86_400_000);
  });
});
