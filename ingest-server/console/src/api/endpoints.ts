// The calls the console makes, one function each, in the console's own terms.
import { client, unwrap } from './client';
import { readProblem } from './problem';
import type {
  Agent,
  Camera,
  CustodyLog,
  DerivedCopy,
  Evidence,
  IncidentDetail,
  IncidentPage,
  IncidentState,
  RejectReason,
  Session,
} from './types';

/** Incidents asked for at once. */
export const PAGE_SIZE = 50;

/** A verdict of the operator on the version of the incident that was on the screen. */
export type Decision =
  | { verb: 'acknowledge' | 'confirm'; version: number }
  | { verb: 'reject'; version: number; reason: RejectReason; note: string };

export async function fetchSession(): Promise<Session | null> {
  const { data, error, response } = await client.GET('/api/v1/session');
  if (response.status === 401) return null;
  if (data === undefined) throw readProblem(response.status, error);
  return data;
}

export function logIn(username: string, password: string): Promise<Session> {
  return unwrap(client.POST('/api/v1/session', { body: { username, password } }));
}

export async function logOut(): Promise<void> {
  const { error, response } = await client.DELETE('/api/v1/session');
  // Whoever has no session any more is logged out, which is what was asked for.
  if (!response.ok && response.status !== 401) throw readProblem(response.status, error);
}

export function listIncidents(
  states: readonly IncidentState[],
  cursor: string | null,
): Promise<IncidentPage> {
  const query = {
    limit: PAGE_SIZE,
    ...(states.length > 0 && { state: states.join(',') }),
    ...(cursor !== null && { cursor }),
  };
  return unwrap(client.GET('/api/v1/incidents', { params: { query } }));
}

export function fetchIncident(id: string): Promise<IncidentDetail> {
  return unwrap(client.GET('/api/v1/incidents/{id}', { params: { path: { id } } }));
}

export function decide(id: string, decision: Decision): Promise<IncidentDetail> {
  const params = { path: { id } };
  const { version } = decision;
  switch (decision.verb) {
    case 'acknowledge':
      return unwrap(
        client.POST('/api/v1/incidents/{id}/acknowledge', { params, body: { version } }),
      );
    case 'confirm':
      return unwrap(client.POST('/api/v1/incidents/{id}/confirm', { params, body: { version } }));
    case 'reject': {
      const { reason } = decision;
      const note = decision.note.trim();
      const body = note === '' ? { version, reason } : { version, reason, note };
      return unwrap(client.POST('/api/v1/incidents/{id}/reject', { params, body }));
    }
  }
}

/** Writes the number plate that the operator read on the event's vehicle. */
export function typePlate(id: string, event: string, plate: string): Promise<IncidentDetail> {
  const params = { path: { id } };
  const body = { event_id: event, plate };
  return unwrap(client.POST('/api/v1/incidents/{id}/plate', { params, body }));
}

/** Releases the bundle of an event; the server says what is missing. */
export function releaseBundle(id: string, event: string): Promise<IncidentDetail> {
  const params = { path: { id } };
  const body = { event_id: event };
  return unwrap(client.POST('/api/v1/incidents/{id}/release', { params, body }));
}

/** For whom a redacted copy is. */
export type Recipient = 'citizen' | 'training';

/** Through whose hands a piece of evidence went. */
export function fetchCustody(incident: string, evidence: string): Promise<CustodyLog> {
  const params = { path: { id: incident, evidence_id: evidence } };
  return unwrap(client.GET('/api/v1/incidents/{id}/evidence/{evidence_id}/custody', { params }));
}

/** Asks for a copy in which nobody but the reported vehicle is recognised. */
export function askForRedaction(incident: string, evidence: string): Promise<Evidence> {
  const params = { path: { id: incident, evidence_id: evidence } };
  return unwrap(client.POST('/api/v1/incidents/{id}/evidence/{evidence_id}/redaction', { params }));
}

/** Gives that copy out; the server writes down to whom. */
export function disclose(incident: string, evidence: string, to: Recipient): Promise<DerivedCopy> {
  const params = { path: { id: incident, evidence_id: evidence } };
  return unwrap(
    client.POST('/api/v1/incidents/{id}/evidence/{evidence_id}/disclosures', {
      params,
      body: { to },
    }),
  );
}

/** What the operator wants of the merging, on the version that was on the screen. */
export type MergingWish = { version: number } & (
  | { verb: 'split'; reports: string[] }
  | { verb: 'undo-merge'; step: string }
  | { verb: 'accept-suggestion' | 'decline-suggestion'; suggestion: string }
);

/** Merges, splits or undoes, or answers a suggestion. */
export function merging(id: string, wish: MergingWish): Promise<IncidentDetail> {
  const params = { path: { id } };
  const { version } = wish;
  switch (wish.verb) {
    case 'split': {
      const body = { version, reports: wish.reports };
      return unwrap(client.POST('/api/v1/incidents/{id}/split', { params, body }));
    }
    case 'undo-merge': {
      const body = { version, step: wish.step };
      return unwrap(client.POST('/api/v1/incidents/{id}/undo-merge', { params, body }));
    }
    case 'accept-suggestion': {
      const body = { version, suggestion: wish.suggestion };
      return unwrap(client.POST('/api/v1/incidents/{id}/accept-suggestion', { params, body }));
    }
    case 'decline-suggestion': {
      const body = { version, suggestion: wish.suggestion };
      return unwrap(client.POST('/api/v1/incidents/{id}/decline-suggestion', { params, body }));
    }
  }
}

export async function listCameras(): Promise<Camera[]> {
  const { items } = await unwrap(client.GET('/api/v1/cameras'));
  return items;
}

export async function listAgents(): Promise<Agent[]> {
  const { items } = await unwrap(client.GET('/api/v1/agents'));
  return items;
}

/** Where a piece of evidence is served; the browser's cookie gives the right to it. */
export function evidenceUrl(incident: string, evidence: string): string {
  return `/api/v1/incidents/${encodeURIComponent(incident)}/evidence/${encodeURIComponent(evidence)}`;
}
