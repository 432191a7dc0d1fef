// What the live stream says, and what is made of what it does not say well.
import { describe, expect, it } from 'vitest';

import { readEvent } from './events';

const message = (event: string | undefined, data: string) => ({ id: undefined, event, data });

describe('readEvent', () => {
  it.each([
    ['incident', '{"id":"i-1","version":2}', { type: 'incident', id: 'i-1' }],
    ['camera', '{"agent":"a","camera":"c"}', { type: 'camera' }],
    ['agent', '{"agent":"a"}', { type: 'agent' }],
    ['command', '{"agent":"a","id":"c"}', { type: 'command' }],
    ['resync', '', { type: 'resync' }],
    ['quarantine', '', { type: 'quarantine' }],
    ['something-newer', '', null],
    [undefined, 'x', null],
  ] as const)('%s %s', (event, data, expected) => {
    expect(readEvent(message(event, data))).toEqual(expected);
  });

  it.each(['', 'not json', 'null', '{"id":7}'])(
    'an incident without id (%s) is looked up',
    (data) => {
      expect(readEvent(message('incident', data))).toEqual({ type: 'resync' });
    },
  );
});
