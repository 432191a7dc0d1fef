// A server for the unit tests: the API's paths answered from memory through a replaced `fetch`.
import { vi } from 'vitest';

import { aCase } from './samples';

import type {
  Agent,
  Camera,
  Case,
  CustodyLog,
  IncidentDetail,
  IncidentSummary,
  OverdueList,
  Session,
} from '../api/types';

export const aSession: Session = {
  username: 'lan',
  display_name: 'Lan',
  role: 'operator',
  rights: ['see_incidents', 'act', 'merge', 'see_policy', 'see_dispatch', 'dispatch'],
  unit: null,
  scope: { areas: [], kinds: [] },
  csrf_token: 'csrf-1',
  expires_at: '2026-11-23T00:00:00Z',
};

/** What is answered with the case. */
const AT_DESK = ['claim', 'shelf', 'undo', 'steps', 'pause', 'complaint', 'urgency', 'calls'];

interface Call {
  method: string;
  path: string;
  csrf: string | null;
  body: unknown;
}

export class TestServer {
  session: Session | null = aSession;
  incidents: IncidentDetail[] = [];
  cameras: Camera[] = [];
  agents: Agent[] = [];
  /** Cases by the incident's id; one that is not here is a fresh one. */
  readonly cases = new Map<string, Case>();
  units: { id: string; name: string }[] = [];
  overdue: OverdueList = { at: '2026-11-22T07:00:00Z', items: [], units: [] };
  custody: CustodyLog = { entries: [], broken_at: null };
  /** Every request that changes something. */
  readonly changes: Call[] = [];
  /** What a test answers itself, by method and path below `/api/v1/`. */
  private readonly own = new Map<string, (body: unknown) => unknown>();
  private streams = new Set<ReadableStreamDefaultController<Uint8Array>>();

  /** Takes the place of `fetch` until the test ends. */
  install(): void {
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
      this.answer(new Request(new URL(urlOf(input), location.origin), requestOf(input, init))),
    );
  }

  /** Answers a request by a function of its body: what it returns as JSON, or a response as it is. */
  on(method: string, path: string, answer: (body: unknown) => unknown): void {
    this.own.set(`${method} ${path}`, answer);
  }

  /** Sends an event to every open stream. */
  tell(event: string, data: unknown): void {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const stream of this.streams) stream.enqueue(new TextEncoder().encode(text));
  }

  /** Ends every open stream, as a server does that stops. */
  hangUp(): void {
    for (const stream of this.streams) stream.close();
    this.streams.clear();
  }

  private async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.replace('/api/v1/', '');
    const own = this.own.get(`${request.method} ${path}`);
    if (own !== undefined) return this.answerOwn(request, path, own);
    if (path === 'session') return this.answerSession(request);
    if (this.session === null) return problem(401, 'unauthenticated', 'Chưa đăng nhập.');
    if (path === 'events') return this.openStream();
    if (path === 'cameras') return json({ items: this.cameras });
    if (path === 'agents') return json({ items: this.agents });
    if (path === 'setup/policy') return json({ version: 1, policy: { units: this.units } });
    if (path === 'overdue') return json(this.overdue);
    if (path === 'incidents') return this.list(url.searchParams.get('state'));
    return this.answerIncident(request, path.split('/'));
  }

  private async answerOwn(
    request: Request,
    path: string,
    own: (body: unknown) => unknown,
  ): Promise<Response> {
    const body = await bodyOf(request);
    const csrf = request.headers.get('X-CSRF-Token');
    if (request.method !== 'GET') this.changes.push({ method: request.method, path, csrf, body });
    const answer = own(body);
    return answer instanceof Response ? answer : json(answer);
  }

  private async answerSession(request: Request): Promise<Response> {
    if (request.method === 'DELETE') {
      this.session = null;
      return new Response(null, { status: 204 });
    }
    if (request.method === 'POST') {
      const { password } = (await request.json()) as { password: string };
      if (password !== 'đúng') return problem(401, 'wrong_credentials', 'Sai mật khẩu.');
      this.session = aSession;
    }
    return this.session === null
      ? problem(401, 'unauthenticated', 'Chưa đăng nhập.')
      : json(this.session);
  }

  private list(states: string | null): Response {
    const wanted = states?.split(',');
    const items: IncidentSummary[] = this.incidents.filter(
      (incident) => wanted === undefined || wanted.includes(incident.state),
    );
    return json({ items, next_cursor: null });
  }

  private async answerIncident(
    request: Request,
    [, id, verb, piece, what]: string[],
  ): Promise<Response> {
    const incident = this.incidents.find((each) => each.id === id);
    if (incident === undefined) return problem(404, 'not_found', 'Không có.');
    if (verb === undefined) return json(incident);
    if (verb === 'evidence') return this.answerEvidence(incident, piece, what);
    if (verb === 'case') return json(this.caseOf(incident));
    if (AT_DESK.includes(verb)) {
      return this.answerCase(request, incident, verb);
    }
    const body = (await request.json()) as { version: number };
    const csrf = request.headers.get('X-CSRF-Token');
    this.changes.push({ method: request.method, path: `${id ?? ''}/${verb}`, csrf, body });
    if (body.version !== incident.version) {
      return problem(409, 'stale_version', 'Người khác vừa đổi.');
    }
    const states = {
      acknowledge: 'acknowledged',
      confirm: 'confirmed',
      reject: 'rejected',
    } as const;
    incident.state = states[verb as keyof typeof states];
    incident.version += 1;
    return json(incident);
  }

  private caseOf(incident: IncidentDetail): Case {
    return this.cases.get(incident.id) ?? aCase({ id: incident.id, version: incident.version });
  }

  private async answerCase(
    request: Request,
    incident: IncidentDetail,
    verb: string,
  ): Promise<Response> {
    const text = await request.text();
    const body: unknown = text === '' ? null : JSON.parse(text);
    const csrf = request.headers.get('X-CSRF-Token');
    this.changes.push({ method: request.method, path: `${incident.id}/${verb}`, csrf, body });
    return json(this.caseOf(incident));
  }

  private answerEvidence(incident: IncidentDetail, id?: string, what?: string): Response {
    const entry = incident.evidence.find((each) => each.id === id);
    if (entry === undefined) return problem(404, 'not_found', 'Không có.');
    if (what === 'custody') return json(this.custody);
    entry.redacted = { state: 'queued', derived_from: entry.sha256 ?? '' };
    return json(entry);
  }

  private openStream(): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        this.streams.add(stream);
      },
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  }
}

/** JSON, or nothing. */
async function bodyOf(request: Request): Promise<unknown> {
  const text = await request.text();
  return text === '' ? null : JSON.parse(text);
}

function urlOf(input: RequestInfo | URL): string | URL {
  return input instanceof Request ? input.url : input;
}

/** The request without its signal, which jsdom and Node do not share. */
function requestOf(input: RequestInfo | URL, init: RequestInit | undefined): RequestInit {
  if (input instanceof Request) {
    const { method, headers, body } = input;
    return body === null
      ? { method, headers }
      : ({ method, headers, body, duplex: 'half' } as RequestInit);
  }
  const rest = { ...init };
  delete rest.signal;
  // jsdom's form is none of Node's: its words stand for it.
  if (rest.body instanceof FormData) rest.body = rest.body.get('report') as string;
  return rest;
}

function json(value: unknown): Response {
  return Response.json(structuredClone(value));
}

/** A problem document, with what belongs to it besides. */
export function problem(status: number, code: string, title: string, more: object = {}): Response {
  const headers = { 'Content-Type': 'application/problem+json' };
  return new Response(JSON.stringify({ code, title, status, ...more }), { status, headers });
}
