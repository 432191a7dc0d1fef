// What is put on the stage first.
import { describe, expect, it } from 'vitest';

import type { Evidence } from '../../api/types';
import { aDetail } from '../../test/samples';
import { bestView, nextView, sightings } from './evidence';

const [still, overlay, clip] = aDetail().evidence as [Evidence, Evidence, Evidence];

describe('bestView', () => {
  it.each([
    ['the clip where it is stored', { clip, still, still_overlay: overlay }, 'clip'],
    [
      'the boxes until then',
      { clip: { ...clip, state: 'pending' }, still_overlay: overlay },
      'still_overlay',
    ],
    ['the plain still without boxes', { still }, 'still'],
    ['nothing while all is on its way', { clip: { ...clip, state: 'sealed' } }, null],
    ['nothing of nothing', {}, null],
  ] as const)('is %s', (_, sighting, view) => {
    expect(bestView(sighting)).toBe(view);
  });
});

describe('sightings', () => {
  it('keep the evidence of each event together', () => {
    const incident = aDetail({ evidence: [still, clip, { ...clip, id: 'x', event_id: 'ev-2' }] });
    expect(sightings(incident)).toEqual([
      { still, clip },
      { clip: { ...clip, id: 'x', event_id: 'ev-2' } },
    ]);
  });
});

describe('nextView', () => {
  it('goes round', () => {
    expect(nextView('clip')).toBe('still_overlay');
    expect(nextView('still')).toBe('clip');
  });
});
