// Keys with which programs act for an account.
import { client, unwrap } from './client';
import { readProblem } from './problem';
import type { components } from './schema';

export type ApiKey = components['schemas']['ApiKey'];
export type ApiKeyRequest = components['schemas']['ApiKeyRequest'];
export type ApiKeyMade = components['schemas']['ApiKeyMade'];

export async function listApiKeys(): Promise<ApiKey[]> {
  const { items } = await unwrap(client.GET('/api/v1/api-keys'));
  return items;
}

/** Makes a key; the answer holds its secret, and nothing else ever does. */
export function makeApiKey(body: ApiKeyRequest): Promise<ApiKeyMade> {
  return unwrap(client.POST('/api/v1/api-keys', { body }));
}

export async function revokeApiKey(id: string): Promise<void> {
  const params = { path: { key_id: id } };
  const { error, response } = await client.DELETE('/api/v1/api-keys/{key_id}', { params });
  if (!response.ok) throw readProblem(response.status, error);
}
