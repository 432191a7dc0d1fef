// What became of many, counted.
import { describe, expect, it } from 'vitest';

import { outcomeOf } from './bulk';

describe('outcomeOf', () => {
  it('tells those that were done with their version, and counts why the others were not', () => {
    const { done, refused } = outcomeOf({
      items: [
        { id: 'a', version: 4, code: null, reason: null },
        { id: 'b', version: null, code: 'transition_refused', reason: 'not_from_here' },
        { id: 'c', version: null, code: 'stale_version', reason: null },
        { id: 'd', version: null, code: 'transition_refused', reason: 'not_from_here' },
      ],
    });
    expect(done).toEqual([{ id: 'a', version: 4 }]);
    expect([...refused]).toEqual([
      ['not_from_here', 2],
      ['stale_version', 1],
    ]);
  });
});
