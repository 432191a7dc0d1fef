// The calls the console makes, one function each, in the console's own terms.
import { client, unwrap } from './client';
import { readProblem } from './problem';
import type {
  Agent,
  BulkAnswer,
  CallOutcome,
  Camera,
  Case,
  CustodyLog,
  Delivery,
  DerivedCopy,
  Evidence,
  IncidentDetail,
  IncidentPage,
  IncidentState,
  OverdueList,
  RejectReason,
  Session,
  Urgency,
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

/** What a list does with what is set aside. */
export type Shelf = 'hidden' | 'only' | 'any';

export function listIncidents(
  states: readonly IncidentState[],
  shelf: Shelf,
  cursor: string | null,
): Promise<IncidentPage> {
  const query = {
    limit: PAGE_SIZE,
    ...(states.length > 0 && { state: states.join(',') }),
    ...(shelf !== 'any' && { shelf }),
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

/** What units were told of an incident, oldest first. */
export async function fetchDeliveries(incident: string): Promise<Delivery[]> {
  const params = { path: { id: incident } };
  const { deliveries } = await unwrap(client.GET('/api/v1/incidents/{id}/deliveries', { params }));
  return deliveries;
}

/** Sends a message to a unit again. */
export function replayDelivery(id: string): Promise<Delivery> {
  return unwrap(client.POST('/api/v1/deliveries/{id}/replay', { params: { path: { id } } }));
}

/** Writes that a unit has a message; `by` names who said so. */
export function acknowledgeDelivery(id: string, by: string): Promise<Delivery> {
  const params = { path: { id } };
  const body = by === '' ? {} : { by };
  return unwrap(client.POST('/api/v1/deliveries/{id}/acknowledge', { params, body }));
}

/** What the operator wants of the merging, on the version that was on the screen. */
export type MergingWish = { version: number } & (
  | { verb: 'merge'; into: string }
  | { verb: 'split'; reports: string[] }
  | { verb: 'undo-merge'; step: string }
  | { verb: 'accept-suggestion' | 'decline-suggestion'; suggestion: string }
);

/** Merges, splits or undoes, or answers a suggestion. */
export function merging(id: string, wish: MergingWish): Promise<IncidentDetail> {
  const params = { path: { id } };
  const { version } = wish;
  switch (wish.verb) {
    case 'merge': {
      const body = { version, into: wish.into };
      return unwrap(client.POST('/api/v1/incidents/{id}/merge', { params, body }));
    }
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

/** A step of a case, and what belongs to it. */
export interface StepWish {
  action: string;
  reason?: string;
  unit?: string;
  supporting?: string[];
  day?: string;
  note?: string;
}

/** What is done with an incident at the desk; none of it is a decision. */
export type DeskWish =
  | { verb: 'hold' }
  | { verb: 'takeOver' }
  | { verb: 'letGo' }
  | { verb: 'shelve'; minutes: number; why: string }
  | { verb: 'unshelve' }
  | { verb: 'pause'; reason: string; note: string }
  | { verb: 'goOn' }
  | { verb: 'urgency'; urgency: Urgency }
  /** The unit that is complained of; none takes the complaint away. */
  | { verb: 'complaint'; unit: string | null; note: string }
  | { verb: 'call'; call: string; outcome: CallOutcome; reached: string; note: string };

export function fetchCase(id: string): Promise<Case> {
  return unwrap(client.GET('/api/v1/incidents/{id}/case', { params: { path: { id } } }));
}

export function takeStep(id: string, version: number, step: StepWish): Promise<Case> {
  const params = { path: { id } };
  return unwrap(client.POST('/api/v1/incidents/{id}/steps', { params, body: { version, step } }));
}

export function undoStep(id: string, version: number): Promise<Case> {
  const params = { path: { id } };
  return unwrap(client.POST('/api/v1/incidents/{id}/undo', { params, body: { version } }));
}

export function atDesk(id: string, wish: DeskWish): Promise<Case> {
  const params = { path: { id } };
  switch (wish.verb) {
    case 'hold':
      return unwrap(
        client.PUT('/api/v1/incidents/{id}/claim', { params, body: { grip: 'ordinary' } }),
      );
    case 'takeOver':
      return unwrap(
        client.PUT('/api/v1/incidents/{id}/claim', { params, body: { grip: 'take_over' } }),
      );
    case 'letGo':
      return unwrap(client.DELETE('/api/v1/incidents/{id}/claim', { params }));
    case 'shelve': {
      const { minutes, why } = wish;
      return unwrap(client.PUT('/api/v1/incidents/{id}/shelf', { params, body: { minutes, why } }));
    }
    case 'unshelve':
      return unwrap(client.DELETE('/api/v1/incidents/{id}/shelf', { params }));
    case 'pause': {
      const { reason, note } = wish;
      const body = note === '' ? { reason } : { reason, note };
      return unwrap(client.PUT('/api/v1/incidents/{id}/pause', { params, body }));
    }
    case 'goOn':
      return unwrap(client.DELETE('/api/v1/incidents/{id}/pause', { params }));
    case 'urgency': {
      const { urgency } = wish;
      return unwrap(client.PUT('/api/v1/incidents/{id}/urgency', { params, body: { urgency } }));
    }
    case 'complaint': {
      const { unit, note } = wish;
      const body = note === '' ? { unit } : { unit, note };
      return unwrap(client.PUT('/api/v1/incidents/{id}/complaint', { params, body }));
    }
    case 'call': {
      const { call, outcome, reached, note } = wish;
      return unwrap(
        client.PUT('/api/v1/incidents/{id}/calls/{call}', {
          params: { path: { id, call } },
          body: { outcome, ...(reached !== '' && { reached }), ...(note !== '' && { note }) },
        }),
      );
    }
  }
}

/** Takes one step with many incidents; the answer says what became of each. */
export function takeSteps(
  items: { id: string; version: number }[],
  step: StepWish,
): Promise<BulkAnswer> {
  return unwrap(client.POST('/api/v1/bulk/steps', { body: { items, step } }));
}

export function listOverdue(): Promise<OverdueList> {
  return unwrap(client.GET('/api/v1/overdue', { params: { query: {} } }));
}

export async function listCameras(): Promise<Camera[]> {
  const { items } = await unwrap(client.GET('/api/v1/cameras'));
  return items;
}

export async function listAgents(): Promise<Agent[]> {
  const { items } = await unwrap(client.GET('/api/v1/agents'));
  return items;
}

// Whoever may unmask looks in order to review, and says so; everybody else gets the redacted copy.
let purpose = '';

/** What the session's rights let its owner see. */
export function seeWith(rights: readonly string[]): void {
  purpose = rights.includes('unmask') ? '?purpose=review' : '';
}

/** What an address of a picture ends with: the purpose of whoever may see it unmasked, nothing for anybody else. */
export function purposeOfLooking(): string {
  return purpose;
}

/** Where a piece of evidence is served; the browser's cookie gives the right to it. */
export function evidenceUrl(incident: string, evidence: string): string {
  const [of, piece] = [encodeURIComponent(incident), encodeURIComponent(evidence)];
  return `/api/v1/incidents/${of}/evidence/${piece}${purpose}`;
}

/** Where a piece that a command brought is served. */
export function evidenceUrlOfCommand(command: string, evidence: string): string {
  const [of, piece] = [encodeURIComponent(command), encodeURIComponent(evidence)];
  return `/api/v1/commands/${of}/evidence/${piece}${purpose}`;
}
