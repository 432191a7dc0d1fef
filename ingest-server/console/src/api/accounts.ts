// People's accounts, and who looked at what.
import { client, unwrap } from './client';
import { readProblem } from './problem';
import type { components } from './schema';

export type Account = components['schemas']['Account'];
export type AccountRequest = components['schemas']['AccountRequest'];
export type AccountChange = components['schemas']['AccountChange'];
export type Role = components['schemas']['Role'];
export type AccessLogPage = components['schemas']['AccessLogPage'];

/** Roles that somebody can log in with. */
export const ROLES = [
  ...(['operator', 'shift_lead', 'agency_handler', 'agency_leader'] as const),
  ...(['traffic_police', 'forest_unit', 'administrator', 'auditor'] as const),
] satisfies readonly Role[];

export async function listAccounts(): Promise<Account[]> {
  const { items } = await unwrap(client.GET('/api/v1/accounts'));
  return items;
}

export function addAccount(body: AccountRequest): Promise<Account> {
  return unwrap(client.POST('/api/v1/accounts', { body }));
}

export function changeAccount(username: string, body: AccountChange): Promise<Account> {
  const params = { path: { username } };
  return unwrap(client.PATCH('/api/v1/accounts/{username}', { params, body }));
}

/** Gives an account another password; its sessions end. */
export async function setPassword(username: string, password: string): Promise<void> {
  const params = { path: { username } };
  const { error, response } = await client.POST('/api/v1/accounts/{username}/password', {
    params,
    body: { password },
  });
  if (!response.ok) throw readProblem(response.status, error);
}

/** Who unmasked what, saw whose contact data, changed which account; the newest first. */
export function fetchAccessLog(before: number | null): Promise<AccessLogPage> {
  const query = before === null ? { limit: 50 } : { limit: 50, before };
  return unwrap(client.GET('/api/v1/access-log', { params: { query } }));
}
