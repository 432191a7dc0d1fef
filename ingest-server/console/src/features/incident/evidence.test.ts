// What is put on the stage first, and what can be chosen.
import { describe, expect, it } from 'vitest';

import type { Evidence } from '../../api/types';
import { aDetail } from '../../test/samples';
import { bestView, isDerived, nextView, playedUrl, sightings, viewOf } from './evidence';

const [still, overlay, clip] = aDetail().evidence as [Evidence, Evidence, Evidence];
const crop: Evidence = { ...still, id: 'e-crop', kind: 'crop' };

function keys(evidence: Evidence[]): string[] {
  return sightings(aDetail({ evidence }))[0]?.map((view) => view.key) ?? [];
}

function best(evidence: Evidence[]): string | undefined {
  const [sighting] = sightings(aDetail({ evidence }));
  return sighting && bestView(sighting)?.key;
}

describe('bestView', () => {
  it.each([
    ['the clip where it is stored', [clip, still, overlay], 'clip'],
    ['the boxes until then', [{ ...clip, state: 'pending' }, overlay], 'still_overlay'],
    ['the plain still without boxes', [still], 'still'],
    ['the preview before anything else', [{ ...still, kind: 'preview' }], 'preview'],
    ['nothing while all is on its way', [{ ...clip, state: 'sealed' }], undefined],
  ] as [string, Evidence[], string | undefined][])('is %s', (_, evidence, key) => {
    expect(best(evidence)).toBe(key);
  });
});

describe('sightings', () => {
  it('keep the evidence of each event together', () => {
    const other = { ...clip, id: 'x', event_id: 'ev-2' };
    const all = sightings(aDetail({ evidence: [still, clip, other] }));
    expect(all.map((sighting) => viewOf('clip', sighting)?.entry?.id)).toEqual(['e-clip', 'x']);
  });
  it('show the parts of a clip by their numbers, in whatever order they came', () => {
    const part = (number: number): Evidence => ({
      ...clip,
      id: `part-${number}`,
      part: { number, of: 3 },
    });
    const [sighting] = sightings(aDetail({ evidence: [part(3), part(1), part(2)] }));
    const clips = sighting?.filter((view) => view.kind === 'clip');
    expect(clips?.map((view) => view.entry?.id)).toEqual(['part-1', 'part-2', 'part-3']);
    expect(clips?.map((view) => view.key)).toEqual(['clip', 'clip/2', 'clip/3']);
  });
  it('show the crop of every track', () => {
    const crops = [17, 4].map((track): Evidence => ({ ...crop, id: `crop-${track}`, track }));
    expect(keys([clip, ...crops])).toEqual([
      'clip',
      'still_overlay',
      'still',
      'crop/crop-17',
      'crop/crop-4',
    ]);
  });
  it('offer the usual three and whatever else there is', () => {
    expect(keys([still])).toEqual(['clip', 'still_overlay', 'still']);
  });
  it('offer the preview until the still with boxes is there', () => {
    const preview: Evidence = { ...still, kind: 'preview' };
    expect(keys([preview])).toContain('preview');
    expect(keys([preview, overlay])).not.toContain('preview');
  });
});

describe('nextView', () => {
  it('goes round what can be chosen', () => {
    const [sighting = []] = sightings(aDetail({ evidence: [still, crop] }));
    expect(nextView('clip', sighting)?.key).toBe('still_overlay');
    expect(nextView('still', sighting)?.key).toBe('crop/e-crop');
    expect(nextView('crop/e-crop', sighting)?.key).toBe('clip');
  });
});

describe('playedUrl', () => {
  const copy = { derived_from: 'b'.repeat(64), url: '/copy' } as const;
  it.each([
    ['made', '/copy', true],
    ['not_needed', '/original', false],
    ['failed', '/original', false],
    ['queued', '/original', false],
  ] as const)('of a clip whose copy is %s is %s', (state, url, derived) => {
    const entry: Evidence = { ...clip, viewing: { ...copy, state } };
    expect(playedUrl('/original', entry)).toBe(url);
    expect(isDerived(entry)).toBe(derived);
  });
});
