// Units below a unit.
import { describe, expect, it } from 'vitest';

import { unitsBelow } from './casework';

const UNITS = [
  { id: 'to', name: 'Tổ', parent: 'doi' },
  { id: 'tp', name: 'Thành phố' },
  { id: 'doi', name: 'Đội', parent: 'phuong' },
  { id: 'phuong', name: 'Phường', parent: 'tp' },
  { id: 'khac', name: 'Khác', parent: 'tp' },
];

describe('unitsBelow', () => {
  it.each([
    ['tp', 'to doi phuong khac'],
    ['phuong', 'to doi'],
    ['to', ''],
    ['nobody', ''],
  ])('%s stand: %s', (above, below) => {
    expect(
      unitsBelow(UNITS, above)
        .map(({ id }) => id)
        .join(' '),
    ).toBe(below);
  });

  it('ends where units stand below each other', () => {
    const ring = [
      { id: 'a', name: 'A', parent: 'b' },
      { id: 'b', name: 'B', parent: 'a' },
    ];
    expect(unitsBelow(ring, 'a').map(({ id }) => id)).toEqual(['b']);
  });
});
