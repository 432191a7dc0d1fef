// What an incident may be merged into by hand.
import { describe, expect, it } from 'vitest';

import { aSummary } from '../test/samples';
import { targetsOf } from './merging';

describe('targetsOf', () => {
  it('leaves the incident itself out and puts its kind first', () => {
    const items = [
      aSummary({ id: 'a', kind: 'fire_smoke' }),
      aSummary({ id: 'b', kind: 'encroachment' }),
      aSummary({ id: 'c', kind: 'fire_smoke' }),
      aSummary({ id: 'd', kind: 'encroachment' }),
    ];
    const targets = targetsOf(items, { id: 'd', kind: 'encroachment' });
    expect(targets.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
  });
});
