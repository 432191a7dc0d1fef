// Where a report stands on its way.
import { describe, expect, it } from 'vitest';

import { isOver, pathOf } from './path';

const SIGNS = { passed: '-', current: '*', ahead: '.' };

describe('pathOf', () => {
  it.each([
    ['received', '*received .checking .working .done'],
    ['checking', '-received *checking .working .done'],
    ['not_taken', '-received -checking *not_taken'],
    ['working', '-received -checking *working .done'],
    ['postponed', '-received -checking *postponed .done'],
    ['reopened', '-received -checking *reopened .done'],
    ['done', '-received -checking -working *done'],
    ['not_solved', '-received -checking -working *not_solved'],
    ['a word of a newer server', '*received .checking .working .done'],
  ])('of %s', (stage, way) => {
    const told = pathOf(stage).map((step) => `${SIGNS[step.standing]}${step.stage}`);
    expect(told.join(' ')).toBe(way);
  });

  it('ends where nothing more is expected', () => {
    expect(['not_taken', 'done', 'not_solved', 'working', 'reopened'].map(isOver)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
