// The order of steps, and what they need.
import { describe, expect, it } from 'vitest';

import { catalogues, LANGUAGES } from '../../i18n';
import { inOrder, isTakenAtOnce, needsOf, reasonSent } from './steps';

const ALL = [
  ...['mark_eligible', 'mark_not_eligible', 'acknowledge', 'confirm', 'reject', 'route', 'accept'],
  ...['return', 'pass_down', 'start', 'answer', 'approve', 'send_back', 'publish', 'resolve'],
  ...['close_unresolved', 'defer', 'resume_work', 'reopen', 'shelve', 'pause', 'complaint'],
];

describe('inOrder', () => {
  it.each([
    ['a unit that got it', ['accept', 'return', 'pass_down'], 'accept pass_down return'],
    [
      'a unit that took it',
      ['return', 'pass_down', 'start', 'answer'],
      'start answer pass_down return',
    ],
    ['its leader', ['approve', 'send_back', 'defer'], 'approve send_back defer'],
    ['a newer server', ['teleport', 'accept'], 'accept teleport'],
  ])('of %s', (_, steps, expected) => {
    expect(inOrder(steps).join(' ')).toBe(expected);
  });
});

describe('what a step needs', () => {
  it('is named in both languages', () => {
    for (const action of ALL) {
      const { reasonsIn, reasons } = needsOf(action);
      for (const language of LANGUAGES) {
        expect(Object.keys(catalogues[language].step)).toContain(action);
        expect(Object.keys(catalogues[language][reasonsIn])).toEqual(
          expect.arrayContaining([...reasons]),
        );
      }
    }
  });

  it('is nothing where one press takes it', () => {
    for (const action of ALL.filter(isTakenAtOnce)) {
      expect(needsOf(action)).toEqual(needsOf('a step without needs'));
    }
  });
});

describe('reasonSent', () => {
  it.each([
    ['answer', 'done', undefined],
    ['answer', 'beyond_means', 'beyond_means'],
    ['return', 'not_our_area', 'not_our_area'],
    ['start', '', undefined],
  ])('of %s with %s', (action, reason, sent) => {
    expect(reasonSent(action, reason)).toBe(sent);
  });
});
