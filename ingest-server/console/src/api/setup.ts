// The documents by which incidents are worked: read, set, rehearsed.
import { client, unwrap } from './client';
import type { components } from './schema';

export type Policy = components['schemas']['Policy'];
export type Areas = components['schemas']['Areas'];
export type SetupAnswer = components['schemas']['SetupAnswer'];
export type Rehearsal = components['schemas']['Rehearsal'];
export type RouteExplanation = components['schemas']['RouteExplanation'];

/** A document as the server takes it: any JSON object; what it must hold the server says. */
export type Document = Record<string, never>;

export function fetchPolicy(): Promise<Policy> {
  return unwrap(client.GET('/api/v1/setup/policy'));
}

export function putPolicy(version: number, policy: object, note: string): Promise<SetupAnswer> {
  const body = { version, policy: policy as Document, ...(note !== '' && { note }) };
  return unwrap(client.PUT('/api/v1/setup/policy', { body }));
}

/** What a policy would have done with the incidents of the last days. Nothing changes. */
export function rehearsePolicy(policy: object, days: number): Promise<Rehearsal> {
  const body = { policy: policy as Document, days };
  return unwrap(client.POST('/api/v1/setup/policy/rehearsals', { body }));
}

export function fetchAreas(): Promise<Areas> {
  return unwrap(client.GET('/api/v1/setup/areas'));
}

export function putAreas(version: number, areas: object, note: string): Promise<SetupAnswer> {
  const body = { version, areas: areas as Document, ...(note !== '' && { note }) };
  return unwrap(client.PUT('/api/v1/setup/areas', { body }));
}

/** What the rules in force say of one incident. */
export function fetchProposedRoute(incident: string): Promise<RouteExplanation> {
  const params = { path: { id: incident } };
  return unwrap(client.GET('/api/v1/incidents/{id}/proposed-route', { params }));
}
