// What the citizens' portal asks and sends. Reports go as forms, which the generated client does not write.
import { currentLanguage } from '../i18n';
import { client, unwrap } from './client';
import { ApiProblem, readProblem } from './problem';
import type { components } from './schema';

export type ServiceList = components['schemas']['ServiceList'];
export type Service = components['schemas']['Service'];
export type Nearby = components['schemas']['NearbyIncident'];
export type ReportWords = components['schemas']['ReportRequest'];
export type Received = components['schemas']['ReportReceived'];
export type Followed = components['schemas']['FollowedReport'];
export type Rating = components['schemas']['Rating'];
export type ReopenReason = components['schemas']['CitizenReopenReason'];

/** A field that will not do, in the reporter's language. */
export interface FieldFault {
  field: string;
  message: string;
}

/** A report that was not taken, with every field at fault. */
export class ReportRefused extends ApiProblem {
  constructor(
    problem: ApiProblem,
    readonly fields: readonly FieldFault[],
  ) {
    super(problem.code, problem.status, problem.title, problem.detail);
  }
}

export function fetchServices(): Promise<ServiceList> {
  return unwrap(client.GET('/api/v1/public/services'));
}

export async function fetchNearby(lat: number, lon: number, service: string): Promise<Nearby[]> {
  const query = { lat, lon, ...(service !== '' && { service }) };
  const list = await unwrap(client.GET('/api/v1/public/nearby', { params: { query } }));
  return list.items;
}

/** Sends a report; `key` makes the same report one, however often it is sent. */
export async function sendReport(
  words: ReportWords,
  files: readonly File[],
  key: string,
): Promise<Received> {
  const form = new FormData();
  form.append('report', JSON.stringify(words));
  for (const file of files) form.append('file', file);
  let response: Response;
  try {
    response = await globalThis.fetch('/api/v1/public/reports', {
      method: 'POST',
      body: form,
      headers: { 'Accept-Language': currentLanguage(), 'Idempotency-Key': key },
    });
  } catch {
    throw new ApiProblem('network', 0, null);
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new ReportRefused(readProblem(response.status, body), faultsOf(body));
  return body as Received;
}

function faultsOf(body: unknown): FieldFault[] {
  if (typeof body !== 'object' || body === null || !('fields' in body)) return [];
  return Array.isArray(body.fields) ? (body.fields as FieldFault[]) : [];
}

export function followReport(code: string): Promise<Followed> {
  const params = { path: { code } };
  return unwrap(client.GET('/api/v1/public/reports/{code}', { params }));
}

export function rateReport(code: string, rating: Rating, note: string): Promise<Followed> {
  const params = { path: { code } };
  const body = { rating, note: note === '' ? null : note };
  return unwrap(client.POST('/api/v1/public/reports/{code}/rating', { params, body }));
}

export function reopenReport(code: string, reason: ReopenReason, note: string): Promise<Followed> {
  const params = { path: { code } };
  const body = { reason, note };
  return unwrap(client.POST('/api/v1/public/reports/{code}/reopen', { params, body }));
}
