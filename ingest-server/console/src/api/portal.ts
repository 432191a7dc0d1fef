// What the citizens' portal asks and sends, and what staff sends for whoever calls. Reports go as forms,
// which the generated client does not write.
import { client, ownHeaders, unwrap } from './client';
import { ApiProblem, readProblem } from './problem';
import type { components } from './schema';

export type ServiceList = components['schemas']['ServiceList'];
export type Service = components['schemas']['Service'];
export type Question = components['schemas']['ServiceAttribute'];
export type Nearby = components['schemas']['NearbyIncident'];
export type ReportWords = components['schemas']['ReportRequest'];
export type Received = components['schemas']['ReportReceived'];
export type Followed = components['schemas']['FollowedReport'];
export type FollowedStep = components['schemas']['FollowedStep'];
export type Rating = components['schemas']['Rating'];
export type ReopenReason = components['schemas']['CitizenReopenReason'];

/** Who sends: a citizen by the portal, or staff for somebody. */
export type Sender = 'citizen' | 'staff';

const REPORTS: Record<Sender, string> = {
  citizen: '/api/v1/public/reports',
  staff: '/api/v1/reports',
};

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
  sender: Sender,
  words: ReportWords,
  files: readonly File[],
  key: string,
): Promise<Received> {
  const form = new FormData();
  form.append('report', JSON.stringify(words));
  for (const file of files) form.append('file', file);
  let response: Response;
  try {
    response = await globalThis.fetch(REPORTS[sender], {
      method: 'POST',
      body: form,
      headers: { ...ownHeaders(), 'Idempotency-Key': key },
    });
  } catch {
    throw new ApiProblem('network', 0, null);
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw readProblem(response.status, body);
  return body as Received;
}

export function followReport(code: string): Promise<Followed> {
  const params = { path: { code } };
  return unwrap(client.GET('/api/v1/public/reports/{code}', { params }));
}

/** Where a file of one's own report is served. */
export function ownFileUrl(code: string, file: string): string {
  return `/api/v1/public/reports/${encodeURIComponent(code)}/files/${encodeURIComponent(file)}`;
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

/** Takes a report back: words, files and contact are erased. */
export async function withdrawReport(code: string): Promise<void> {
  const params = { path: { code } };
  const { error, response } = await client.DELETE('/api/v1/public/reports/{code}', { params });
  if (!response.ok) throw readProblem(response.status, error);
}
