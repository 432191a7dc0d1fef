// Sample incidents and cameras for the unit tests; each test overrides what it is about.
import type { ServiceList } from '../api/portal';
import type { CitizenReport } from '../api/reports';
import type { Agent, Camera, Case, Evidence, IncidentDetail, IncidentSummary } from '../api/types';

export function aSummary(over: Partial<IncidentSummary> = {}): IncidentSummary {
  return {
    id: 'i-1',
    number: 41,
    kind: 'stray_cattle',
    detail: 'stray_cattle',
    severity: 'high',
    confidence: 0.87,
    state: 'new',
    camera_phase: 'raised',
    camera: { agent: 'tram-1', id: 'cam-1', name: 'Đường trục, cột 12' },
    zone: 'long-duong',
    place: { type: 'point', position: { lat: 16.46, lon: 107.59 }, uncertainty_m: 20 },
    occurred: { start: '2026-11-22T07:00:00Z', end: null },
    created_at: '2026-11-22T07:00:02Z',
    updated_at: '2026-11-22T07:00:04Z',
    version: 3,
    count: 4,
    event_count: 1,
    citizen_count: 0,
    report_count: 2,
    still: 'e-still',
    clip: 'e-clip',
    state_detail: null,
    urgency: 'normal',
    lead_unit: null,
    due_at: null,
    due_stage: null,
    claimed_by: null,
    shelved_until: null,
    ...over,
  };
}

export function aDetail(over: Partial<IncidentDetail> = {}): IncidentDetail {
  return {
    ...aSummary(),
    events: [
      {
        event_id: 'ev-1',
        revision: 2,
        phase: 'raised',
        confidence: 0.87,
        occurred: { start: '2026-11-22T07:00:00Z', end: null },
        tracks: [{ id: 1, class: 'cow', score: 0.9, boxes: [] }],
        model: { name: 'yolox-nano', sha256: 'a'.repeat(64) },
        rule_version: 'stray_cattle/1',
        clock: { source: 'agent', offset_ms: null },
      },
    ],
    evidence: [
      stored('e-still', 'still', 'image/jpeg'),
      stored('e-overlay', 'still_overlay', 'image/jpeg'),
      stored('e-clip', 'clip', 'video/mp4'),
    ],
    seals: [],
    citizen_reports: [],
    merging: { inside: null, decisions: [], steps: [] },
    history: [],
    rejected_reason: null,
    ...over,
  };
}

export function aCase(over: Partial<Case> = {}): Case {
  return {
    id: 'i-1',
    version: 3,
    state: 'new',
    state_detail: null,
    opened_by: 'camera',
    source: 'camera',
    urgency: 'normal',
    lead: null,
    supporting: [],
    complained_of: null,
    published_at: null,
    reopened: 0,
    claim: null,
    shelf: null,
    paused: null,
    stages: [],
    next_steps: ['acknowledge', 'confirm', 'reject'],
    undo: null,
    route: null,
    calls: [],
    ...over,
  };
}

function stored(id: string, kind: Evidence['kind'], mime: string): Evidence {
  return {
    id,
    event_id: 'ev-1',
    kind,
    state: 'stored',
    mime,
    bytes: 1000,
    sha256: 'b'.repeat(64),
    reason: null,
    url: `/api/v1/incidents/i-1/evidence/${id}`,
  };
}

export function aCamera(over: Partial<Camera> = {}): Camera {
  return {
    agent: 'tram-1',
    id: 'cam-1',
    name: 'Đường trục, cột 12',
    state: 'running',
    reason: null,
    since: '2026-11-22T06:00:00Z',
    last_picture: '2026-11-22T07:00:00Z',
    pose: null,
    pose_state: null,
    place: null,
    counters: { received: 1000, decoded: 900, analysed: 500, dropped: 3, reconnects: 1 },
    agent_liveness: 'online',
    ...over,
  };
}

export function anAgent(over: Partial<Agent> = {}): Agent {
  return {
    id: 'tram-1',
    liveness: 'online',
    since: '2026-11-22T06:00:00Z',
    version: '0.1.0',
    enrolled_at: '2026-11-01T00:00:00Z',
    revoked_at: null,
    clock: { reference: 'chrony', offset_ms: -3, uncertainty_ms: 8 },
    clock_trust: 'trusted',
    desired_applied: null,
    ...over,
  };
}

export function aReport(over: Partial<CitizenReport> = {}): CitizenReport {
  return {
    id: 'r-1',
    number: 12,
    channel: 'portal',
    filed_by: null,
    service: 'rac-thai',
    description: 'Rác đổ đầy hẻm',
    attributes: {},
    address: '12 Lê Lợi',
    lat: 16.46,
    lon: 107.59,
    uncertainty_m: 10,
    occurred: '2026-11-22T07:00:00Z',
    received: '2026-11-22T07:00:05Z',
    reporter: 'N-4821',
    media_url: null,
    rating: null,
    rating_note: null,
    files: [
      {
        id: 'f-1',
        mime: 'image/jpeg',
        bytes: 1000,
        sha256: 'a'.repeat(64),
        original_sha256: 'b'.repeat(64),
        url: '/api/v1/reports/r-1/files/f-1',
      },
    ],
    footage: [],
    hold: null,
    anonymised_at: null,
    erased_at: null,
    ...over,
  };
}

const inTwo = (text: string) => ({ vi: text, en: text });

export function someServices(): ServiceList {
  return {
    items: [
      {
        code: 'rac-thai',
        group: inTwo('Môi trường'),
        name: inTwo('Rác thải'),
        description: inTwo('Rác đổ bừa bãi'),
        attributes: [],
      },
      {
        code: 'cay-do',
        group: inTwo('Hạ tầng'),
        name: inTwo('Cây đổ'),
        description: inTwo('Cây đổ, cành gãy'),
        attributes: [
          {
            code: 'blocks',
            datatype: 'singlevaluelist',
            description: inTwo('Có chắn đường không?'),
            required: true,
            values: [
              { key: 'yes', name: inTwo('Có') },
              { key: 'no', name: inTwo('Không') },
            ],
          },
        ],
      },
    ],
    max_files: 2,
    max_picture_bytes: 10_000_000,
    max_video_bytes: 50_000_000,
  };
}
