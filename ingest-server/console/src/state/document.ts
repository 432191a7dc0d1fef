// JSON that a person types: read with the line and column of what is wrong. Pure.

export type Read = { value: Record<string, unknown> } | { fault: string };

/** An object, or why it is none. Engines say where in different words; a position becomes line and column. */
export function readObject(text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { fault: placed(error instanceof Error ? error.message : String(error), text) };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: '{ … }' };
  }
  return { value: value as Record<string, unknown> };
}

function placed(message: string, text: string): string {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined || /line \d+/.test(message)) return message;
  const before = text.slice(0, Number(position)).split('\n');
  return `${message} (${before.length}:${(before.at(-1)?.length ?? 0) + 1})`;
}

/** As an editor shows it. */
export function written(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
