// Whose a refused message is, from the topic it came on.
import { describe, expect, it } from 'vitest';

import { senderOf } from './quarantine';

describe('a refused message', () => {
  it.each([
    [
      'vong/v1/agents/hue-01/reports',
      { kind: 'agent', agent: 'hue-01', camera: null, sort: 'reports' },
    ],
    [
      'vong/v1/agents/hue-01/cameras/cam-1/status',
      { kind: 'agent', agent: 'hue-01', camera: 'cam-1', sort: 'camera_status' },
    ],
    ['vong/v1/units/doi/acks', { kind: 'unit', unit: 'doi', sort: 'acks' }],
    ['vong/v2/agents/hue-01/reports', { kind: 'topic', topic: 'vong/v2/agents/hue-01/reports' }],
    ['vong/v1/agents', { kind: 'topic', topic: 'vong/v1/agents' }],
  ])('on %s', (topic, sender) => {
    expect(senderOf(topic)).toEqual(sender);
  });
});
