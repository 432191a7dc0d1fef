// The queue does not jump: rows keep their place, whatever the server lists next.
import { describe, expect, it } from 'vitest';

import { arrange, NOTHING, settle } from './arrange';

const ids = (text: string): string[] => text.split('');

describe('arrange', () => {
  it.each([
    ['the first answer is shown as it is', '', 'cba', 'hold', 'cba', ''],
    ['new rows wait while the operator works', 'cba', 'edcba', 'hold', 'cba', 'ed'],
    ['new rows appear when nobody works', 'cba', 'edcba', 'insert', 'edcba', ''],
    ['a handled row keeps its place', 'cba', 'ca', 'hold', 'cba', ''],
    ['a handled row keeps its place beside a new one', 'cba', 'dca', 'insert', 'dcba', ''],
    ['an older page is appended', 'dc', 'dcba', 'hold', 'dcba', ''],
    ['a row in the middle waits too', 'ca', 'cba', 'hold', 'ca', 'b'],
    ['a row in the middle goes to its place', 'ca', 'cba', 'insert', 'cba', ''],
    ['a wholly new page waits', 'ba', 'dc', 'hold', 'ba', 'dc'],
    ['a wholly new page goes on top', 'ba', 'dc', 'insert', 'dcba', ''],
  ] as const)('%s', (_, shown, fetched, arrival, order, waiting) => {
    const start = { order: ids(shown), waiting: [] };
    expect(arrange(start, ids(fetched), arrival)).toEqual({
      order: ids(order),
      waiting: ids(waiting),
    });
  });

  it('never loses, doubles or moves a shown row', () => {
    const random = mulberry(7);
    let shown = arrange(NOTHING, ids('hgfedcba'), 'hold');
    for (let round = 0; round < 300; round += 1) {
      const fetched = ids('zyxwvutshgfedcba').filter(() => random() < 0.6);
      const next = arrange(shown, fetched, random() < 0.5 ? 'hold' : 'insert');
      const kept = next.order.filter((id) => shown.order.includes(id));
      expect(kept).toEqual(shown.order);
      expect(new Set([...next.order, ...next.waiting]).size).toBe(
        next.order.length + next.waiting.length,
      );
      for (const id of fetched) expect([...next.order, ...next.waiting]).toContain(id);
      shown = next;
    }
  });
});

describe('settle', () => {
  it('lets new rows in and handled rows go', () => {
    const shown = { order: ids('cba'), waiting: ids('d') };
    const settled = settle(shown, ids('dca'), (id) => id !== 'b');
    expect(settled).toEqual({ order: ids('dca'), waiting: [] });
  });
});

/** A small generator of repeatable numbers in 0 to 1. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
