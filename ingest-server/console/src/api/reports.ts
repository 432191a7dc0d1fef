// What staff does with citizens' reports: whom to call back, what is held, what is erased.
import { client, unwrap } from './client';
import { purposeOfLooking } from './endpoints';
import { readProblem } from './problem';
import type { components } from './schema';

export type CitizenReport = components['schemas']['CitizenReport'];
export type CitizenFile = components['schemas']['CitizenFile'];
export type CitizenFootage = components['schemas']['CitizenFootage'];
export type ReporterContact = components['schemas']['ReporterContact'];
export type Purpose = components['schemas']['Purpose'];

export const PURPOSES = [
  'review',
  'violation',
  'complaint',
  'investigation',
  'maintenance',
] as const satisfies readonly Purpose[];

/** Whom to call back; the server writes down who looked and for what before it answers. */
export function fetchContact(report: string, purpose: Purpose): Promise<ReporterContact> {
  const params = { path: { id: report } };
  return unwrap(client.POST('/api/v1/reports/{id}/contact', { params, body: { purpose } }));
}

/** Where a file of a report is served: as it was sent for whoever may see faces, each look written down; masked for
 *  everybody else. */
export function reportFileUrl(report: string, file: string): string {
  const [of, piece] = [encodeURIComponent(report), encodeURIComponent(file)];
  return `/api/v1/reports/${of}/files/${piece}${purposeOfLooking()}`;
}

/** What is done with a report itself; `reason` goes into the log. */
export type KeepingWish =
  | { verb: 'hold'; reason: string }
  | { verb: 'letGo' }
  | { verb: 'anonymise'; reason: string }
  | { verb: 'erase'; reason: string };

export async function keepReport(report: string, wish: KeepingWish): Promise<void> {
  const { error, response } = await send(report, wish);
  if (!response.ok) throw readProblem(response.status, error);
}

function send(report: string, wish: KeepingWish): Promise<{ error?: unknown; response: Response }> {
  const params = { path: { id: report } };
  switch (wish.verb) {
    case 'hold':
      return client.PUT('/api/v1/reports/{id}/hold', { params, body: { reason: wish.reason } });
    case 'letGo':
      return client.DELETE('/api/v1/reports/{id}/hold', { params });
    case 'anonymise': {
      const body = { reason: wish.reason };
      return client.POST('/api/v1/reports/{id}/anonymise', { params, body });
    }
    case 'erase':
      return client.POST('/api/v1/reports/{id}/erase', { params, body: { reason: wish.reason } });
  }
}
