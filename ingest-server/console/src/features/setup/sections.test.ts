// The policy in parts.
import { describe, expect, it } from 'vitest';

import {
  partOf,
  rulesOf,
  unitRows,
  withPart,
  withRuleMoved,
  wordOf,
  SECTION_NAMES,
} from './sections';

const policy = {
  time_zone: 'Asia/Ho_Chi_Minh',
  urgent_from: 'critical',
  desk: { claim_minutes: 5 },
  calendar: {},
  limits: [],
  call_trees: [],
  units: [
    { id: 'doi', name: 'Đội', parent: 'phuong', approval: 'not_needed' },
    { id: 'tp', name: 'Thành phố' },
    { id: 'phuong', name: 'Phường', parent: 'tp' },
    { id: 'lac', name: 'Lạc', parent: 'mat' },
  ],
  rules: [
    {
      name: 'a',
      lead: 'tp',
      when: { category: ['fire_smoke'], hours: { from: '06:00:00', to: '22:00:00' } },
    },
    { name: 'b', lead: 'doi', supporting: ['phuong'] },
  ],
};

describe('a section', () => {
  it('goes back into the whole unchanged', () => {
    for (const section of SECTION_NAMES) {
      expect(withPart(policy, section, partOf(policy, section))).toEqual(policy);
    }
  });

  it('together with the others is all of it', () => {
    const keys = SECTION_NAMES.flatMap((section) => Object.keys(partOf(policy, section)));
    expect(keys.sort()).toEqual(Object.keys(policy).sort());
  });

  it('loses what was taken out of it, and nothing else', () => {
    const { desk, ...rest } = partOf(policy, 'desk');
    expect(desk).toEqual({ claim_minutes: 5 });
    const changed = withPart(policy, 'desk', rest);
    expect('desk' in changed).toBe(false);
    expect(changed.rules).toBe(policy.rules);
  });
});

describe('rules', () => {
  it('are read with their conditions', () => {
    const [first, second] = rulesOf(policy);
    expect(wordOf(first?.when.hours)).toBe('06:00–22:00');
    expect(second).toEqual({ name: 'b', lead: 'doi', supporting: ['phuong'], when: {} });
  });

  it.each([
    [0, 1, 'b a'],
    [1, -1, 'b a'],
    [0, -1, 'a b'],
    [1, 1, 'a b'],
  ] as const)('rule %i moves by %i', (at, by, names) => {
    const moved = rulesOf(withRuleMoved(policy, at, by));
    expect(moved.map((rule) => rule.name).join(' ')).toBe(names);
  });

  it('of a broken document are still a table', () => {
    expect(rulesOf({ rules: [null, 7] })).toHaveLength(2);
    expect(rulesOf({ rules: 'x' })).toEqual([]);
  });
});

describe('unitRows', () => {
  it('puts each unit below its parent, and the lost at the end', () => {
    expect(unitRows(policy).map(({ id, depth }) => `${depth}${id}`)).toEqual([
      '0tp',
      '1phuong',
      '2doi',
      '0lac',
    ]);
  });

  it('ends where units stand below each other in a ring', () => {
    const ring = [
      { id: 'a', name: 'A', parent: 'b' },
      { id: 'b', name: 'B', parent: 'a' },
    ];
    expect(unitRows({ units: ring }).map(({ id }) => id)).toEqual(['a', 'b']);
  });
});
