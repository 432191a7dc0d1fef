// Every word of the API's closed sets has a name in the catalogue; any other word is shown as it came.
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { $defs as $defsOfAck } from '../../../../contract/schema/v1/ack.json';
import { $defs as $defsOfGap } from '../../../../contract/schema/v1/gap-report.json';
import { components } from '../../../openapi.json';
import { catalogues, LANGUAGES } from '.';
import { incidentName, nameOf, type WordGroup } from './words';

const sets: [WordGroup, { enum: string[] }][] = [
  ['kind', components.schemas.IncidentKind],
  ['severity', components.schemas.Severity],
  ['state', components.schemas.IncidentState],
  ['phase', components.schemas.CameraPhase],
  ['rejectReason', components.schemas.RejectReason],
  ['unavailableReason', components.schemas.UnavailableReason],
  ['cameraState', components.schemas.CameraState],
  ['cameraReason', components.schemas.CameraReason],
  ['liveness', components.schemas.Liveness],
  ['clockSource', components.schemas.ClockSource],
  ['role', components.schemas.Role],
  ['reportChannel', components.schemas.ReportChannel],
  ['rating', components.schemas.Rating],
  ['purpose', components.schemas.Purpose],
  ['commandState', components.schemas.CommandState],
  ['urgency', components.schemas.Urgency],
  ['callOutcome', components.schemas.CallOutcome],
  ['clockTrust', components.schemas.ClockTrust],
  ['keyEnding', components.schemas.KeyEnding],
  ['refusalReason', setOf($defsOfAck.RefusalReason)],
  ['lostThing', setOf($defsOfGap.LostThing)],
  // Words that the API's document calls texts: the server's own table has them.
  ['right', { enum: rightsOfServer() }],
];

/** The words of a set of the contract, which describes each with a sentence. */
function setOf({ oneOf }: { oneOf: { const: string }[] }): { enum: string[] } {
  return { enum: oneOf.map((word) => word.const) };
}

function rightsOfServer(): string[] {
  const table = readFileSync('../src/people/right.rs', 'utf8');
  return [...table.matchAll(/^ {4}\w+ = "(\w+)": /gm)].map(([, word]) => word ?? '');
}

describe('the catalogue', () => {
  it.each(sets)('names every %s', (group, { enum: words }) => {
    expect(words).not.toEqual([]);
    for (const language of LANGUAGES) {
      expect(Object.keys(catalogues[language][group])).toEqual(expect.arrayContaining(words));
    }
  });
});

describe('nameOf', () => {
  it('shows a word that it does not know as it came', () => {
    expect(nameOf('detail', 'blocked_drain')).toBe('blocked_drain');
  });
});

describe('incidentName', () => {
  it.each([
    ['traffic_violation', 'illegal_parking', 'Dừng, đỗ xe sai nơi quy định'],
    ['traffic_violation', 'something_new', 'Vi phạm giao thông'],
    ['something_new', 'something_newer', 'something_new'],
  ])('of %s / %s', (kind, detail, name) => {
    expect(incidentName({ kind, detail })).toBe(name);
  });
});
