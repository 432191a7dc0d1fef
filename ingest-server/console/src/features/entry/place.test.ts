// Places as people paste them.
import { describe, expect, it } from 'vitest';

import { parsePlace } from './place';

describe('parsePlace', () => {
  it.each([
    ['16.46312, 107.59001', { lat: 16.46312, lon: 107.59001 }],
    [' 16.4;107.5 ', { lat: 16.4, lon: 107.5 }],
    ['16 107', { lat: 16, lon: 107 }],
    ['-8.65, 115.2', { lat: -8.65, lon: 115.2 }],
    ['', null],
    ['16.4', null],
    ['91, 107', null],
    ['16.4, 181', null],
    ['12 Lê Lợi', null],
    ['16,46312 107,59001', null],
  ])('of %j', (text, place) => {
    expect(parsePlace(text)).toEqual(place);
  });
});
