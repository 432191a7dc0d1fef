// Commands and desired state of agents.
import { client, unwrap } from './client';
import type { components } from './schema';

export type Command = components['schemas']['Command'];
export type CommandAction = components['schemas']['CommandAction'];
export type CameraDesired = components['schemas']['CameraDesired'];
export type Applied = components['schemas']['Applied'];

/** What is wanted of an agent. */
export interface Wanted {
  danger_level?: number | null;
  cameras: Record<string, CameraDesired>;
}

/** What is wanted, where it stands, and what the agent made of it. */
export interface DesiredState extends Wanted {
  version: number;
  changed_by?: string | null;
  changed_at?: string | null;
  applied?: Applied | null;
}

export async function listCommands(agent: string): Promise<Command[]> {
  const params = { path: { agent }, query: { limit: 30 } };
  const { items } = await unwrap(client.GET('/api/v1/agents/{agent}/commands', { params }));
  return items;
}

export function fetchCommand(id: string): Promise<Command> {
  return unwrap(client.GET('/api/v1/commands/{id}', { params: { path: { id } } }));
}

export function giveCommand(agent: string, action: CommandAction): Promise<Command> {
  const params = { path: { agent } };
  return unwrap(client.POST('/api/v1/agents/{agent}/commands', { params, body: { action } }));
}

// The document describes a flattened object, which the generated type cannot: it is named anew above.
export async function fetchDesired(agent: string): Promise<DesiredState> {
  const pending = client.GET('/api/v1/agents/{agent}/desired', { params: { path: { agent } } });
  return (await unwrap(pending)) as unknown as DesiredState;
}

/** Replaces what is wanted; the server names every field that will not do. */
export async function putDesired(
  agent: string,
  version: number,
  wanted: object,
): Promise<DesiredState> {
  const params = { path: { agent } };
  const body = { ...wanted, version } as never;
  const pending = client.PUT('/api/v1/agents/{agent}/desired', { params, body });
  return (await unwrap(pending)) as unknown as DesiredState;
}
