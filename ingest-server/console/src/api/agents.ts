// What an administrator asks of agents: keys, chains of manifests, what they let go, what was refused of them.
import { client, unwrap } from './client';
import { readProblem } from './problem';
import type { components } from './schema';

export type AgentKey = components['schemas']['AgentKey'];
export type AgentChain = components['schemas']['AgentChain'];
export type ChainFault = components['schemas']['ChainFault'];
export type GapReport = components['schemas']['GapReport'];
export type Quarantined = components['schemas']['Quarantined'];

/** The keys of an agent, oldest first. */
export async function fetchAgentKeys(agent: string): Promise<AgentKey[]> {
  const params = { path: { agent } };
  const { items } = await unwrap(client.GET('/api/v1/agents/{agent}/keys', { params }));
  return items;
}

export async function revokeAgentKey(agent: string, key: string): Promise<void> {
  const params = { path: { agent, key } };
  const { error, response } = await client.POST('/api/v1/agents/{agent}/keys/{key}/revoke', {
    params,
  });
  if (!response.ok) throw readProblem(response.status, error);
}

/** Voids everything by which an agent gets in, and disconnects it. */
export async function shutOut(agent: string): Promise<void> {
  const params = { path: { agent } };
  const { error, response } = await client.POST('/api/v1/agents/{agent}/revoke', { params });
  if (!response.ok) throw readProblem(response.status, error);
}

export function fetchChain(agent: string): Promise<AgentChain> {
  return unwrap(client.GET('/api/v1/agents/{agent}/chain', { params: { path: { agent } } }));
}

/** The newest gap report of each agent's outbox; each counts everything that its outbox ever let go. */
export async function listGapReports(): Promise<GapReport[]> {
  const { items } = await unwrap(client.GET('/api/v1/gap-reports'));
  return items;
}

/** The newest messages that were not taken in. */
export async function listQuarantine(): Promise<Quarantined[]> {
  const { items } = await unwrap(client.GET('/api/v1/quarantine'));
  return items;
}
