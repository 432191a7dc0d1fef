// A camera looks calm only while it sees.
import { describe, expect, it } from 'vitest';

import { aCamera } from '../test/samples';
import { byNeed, sightOf } from './cameras';

describe('sightOf', () => {
  it.each([
    ['running', 'online', 'seeing'],
    ['connecting', 'online', 'starting'],
    ['retrying', 'online', 'blind'],
    ['stopped', 'online', 'blind'],
    ['running', 'offline', 'blind'],
    [null, 'online', 'starting'],
    [null, 'offline', 'blind'],
  ] as const)('%s at an agent that is %s is %s', (state, liveness, sight) => {
    expect(sightOf(aCamera({ state, agent_liveness: liveness }))).toBe(sight);
  });
});

describe('byNeed', () => {
  it('puts the blind first and counts numbers as numbers', () => {
    const cameras = [
      aCamera({ id: 'a', name: 'Cột 12' }),
      aCamera({ id: 'b', name: 'Cột 2' }),
      aCamera({ id: 'c', name: 'Cột 30', state: 'retrying' }),
    ];
    expect(byNeed(cameras).map((camera) => camera.id)).toEqual(['c', 'b', 'a']);
  });
});
