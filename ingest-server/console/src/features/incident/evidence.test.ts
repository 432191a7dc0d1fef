// What is put on the stage first.
import { describe, expect, it } from 'vitest';

import type { Evidence } from '../../api/types';
import { aDetail } from '../../test/samples';
import { bestView, choices, nextView, sightings } from './evidence';

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
    ['the preview before anything else', { preview: still }, 'preview'],
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

describe('sightings of a camera that was away', () => {
  it('show both parts of the clip', () => {
    const rest = { ...clip, id: 'y' };
    expect(sightings(aDetail({ evidence: [clip, rest] }))).toEqual([{ clip, clip2: rest }]);
  });
});

describe('choices', () => {
  it('are the usual three and whatever else there is', () => {
    expect(choices({})).toEqual(['clip', 'still_overlay', 'still']);
    expect(choices({ crop: still })).toEqual(['clip', 'still_overlay', 'still', 'crop']);
  });
  it('offer the preview until the still is there', () => {
    const preview = still;
    expect(choices({ preview })).toContain('preview');
    expect(choices({ preview, still_overlay: overlay })).not.toContain('preview');
  });
});

describe('nextView', () => {
  it('goes round what can be chosen', () => {
    expect(nextView('clip', {})).toBe('still_overlay');
    expect(nextView('still', {})).toBe('clip');
    expect(nextView('still', { crop: still })).toBe('crop');
  });
});
