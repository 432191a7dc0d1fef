// The live event stream (server-sent events), read with fetch instead of EventSource: only so are
// the server's keep-alive comments and a 401 visible, and a half-open connection is noticed.
import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** What the server tells: something changed; the details are asked for by id. */
export type LiveEvent =
  | { type: 'incident'; id: string }
  | { type: 'camera' }
  | { type: 'agent' }
  | { type: 'command' }
  | { type: 'quarantine' }
  | { type: 'resync' };

export interface StreamListener {
  onOpen: () => void;
  onEvent: (event: LiveEvent) => void;
  /** The stream ended, failed or fell silent; it is tried again by itself. */
  onLost: () => void;
  /** The session is gone: the stream stays closed. */
  onSessionGone: () => void;
}

/** The server speaks every 15 s; two missed keep-alives and some slack mean that it is gone. */
const SILENCE_MS = 40_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 20_000;

/** Opens the stream and keeps it open until the returned function is called. */
export function openEvents(listener: StreamListener): () => void {
  const closed = new AbortController();
  void keepOpen(listener, closed.signal);
  return () => {
    closed.abort();
  };
}

async function keepOpen(listener: StreamListener, closed: AbortSignal): Promise<void> {
  let wait = RETRY_MIN_MS;
  let wanted = true;
  while (wanted) {
    const outcome = await readOnce(listener, closed);
    if (closed.aborted) return;
    if (outcome === 'session-gone') {
      listener.onSessionGone();
      return;
    }
    listener.onLost();
    wait = outcome === 'ended' ? RETRY_MIN_MS : Math.min(wait * 2, RETRY_MAX_MS);
    // Jitter, so that a room of consoles does not come back in one instant.
    wanted = await sleep(wait * (0.5 + Math.random() / 2), closed);
  }
}

type Outcome = 'ended' | 'refused' | 'session-gone';

async function readOnce(listener: StreamListener, closed: AbortSignal): Promise<Outcome> {
  const silence = new AbortController();
  let timer = setTimeout(() => {
    silence.abort();
  }, SILENCE_MS);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      silence.abort();
    }, SILENCE_MS);
  };
  let opened = false;
  try {
    const response = await fetch('/api/v1/events', {
      headers: { Accept: 'text/event-stream' },
      signal: AbortSignal.any([closed, silence.signal]),
    });
    if (response.status === 401) return 'session-gone';
    if (!response.ok || response.body === null) return 'refused';
    opened = true;
    listener.onOpen();
    const parser = createParser({
      onEvent(message) {
        const event = readEvent(message);
        if (event !== null) listener.onEvent(event);
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'ended';
      heard();
      parser.feed(value);
    }
  } catch {
    // The network failed or the silence lasted too long; the caller tries again.
    return opened ? 'ended' : 'refused';
  } finally {
    clearTimeout(timer);
  }
}

/** An event of the stream, or null where a newer server says something this console does not know. */
export function readEvent(message: EventSourceMessage): LiveEvent | null {
  switch (message.event) {
    case 'incident': {
      const id = idOf(message.data);
      return id === null ? { type: 'resync' } : { type: 'incident', id };
    }
    case 'camera':
    case 'agent':
    case 'command':
    case 'quarantine':
    case 'resync':
      return { type: message.event };
    case undefined:
    default:
      return null;
  }
}

function idOf(data: string): string | null {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== 'object' || value === null) return null;
    const id: unknown = Reflect.get(value, 'id');
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}

/** Waits; false where the stream was closed meanwhile. */
function sleep(ms: number, closed: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(true);
    }, ms);
    const stop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    closed.addEventListener('abort', stop, { once: true });
  });
}
