// The live connection: what the server tells becomes a fresh look at what is on the screen, and the
// screen always knows whether the connection stands.
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useState, type ReactNode } from 'react';

import { openEvents, type LiveEvent } from '../api/events';
import { AGENT_KEY } from './agents';
import { refreshIncident, refreshLists } from './incidents';
import { expireSession, refreshAll } from './session';

export type LiveState = { kind: 'connecting' } | { kind: 'live' } | { kind: 'lost'; since: Date };

/** How long events are gathered before the lists are asked for again. */
const GATHER_MS = 300;
/** How often the screen asks by itself while the live connection is away. */
const POLL_MS = 10_000;

const LiveContext = createContext<LiveState>({ kind: 'connecting' });

export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>({ kind: 'connecting' });

  useEffect(() => {
    const gatherer = gatherEvents(client);
    const close = openEvents({
      onOpen() {
        setState({ kind: 'live' });
        // Whatever happened while nobody listened is not told again.
        void refreshAll(client);
      },
      onEvent: gatherer.add,
      onLost() {
        setState((before) =>
          before.kind === 'lost' ? before : { kind: 'lost', since: new Date() },
        );
      },
      onSessionGone() {
        expireSession(client);
      },
    });
    return () => {
      close();
      gatherer.stop();
    };
  }, [client]);

  return <LiveContext value={state}>{children}</LiveContext>;
}

export function useLive(): LiveState {
  return use(LiveContext);
}

/** The interval at which to ask while nothing is told; none while the connection stands. */
export function useLivePolling(): number | false {
  return use(LiveContext).kind === 'lost' ? POLL_MS : false;
}

/** Turns a burst of events into one look at each thing they touch. */
export function gatherEvents(client: QueryClient): {
  add: (event: LiveEvent) => void;
  stop: () => void;
} {
  let gathered: LiveEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    const events = gathered;
    gathered = [];
    timer = undefined;
    void look(client, events);
  };
  return {
    add(event) {
      gathered.push(event);
      timer ??= setTimeout(flush, GATHER_MS);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}

async function look(client: QueryClient, events: readonly LiveEvent[]): Promise<void> {
  if (events.some((event) => event.type === 'resync')) {
    await refreshAll(client);
    return;
  }
  const incidents = new Set(events.flatMap((event) => (event.type === 'incident' ? event.id : [])));
  const looks = [...incidents].map((id) => refreshIncident(client, id));
  if (incidents.size > 0) looks.push(refreshLists(client));
  if (events.some((event) => event.type === 'camera' || event.type === 'agent')) {
    looks.push(client.invalidateQueries({ queryKey: ['cameras'] }));
    looks.push(client.invalidateQueries({ queryKey: ['agents'] }));
  }
  if (events.some((event) => event.type === 'agent')) {
    looks.push(client.invalidateQueries({ queryKey: AGENT_KEY }));
  }
  if (events.some((event) => event.type === 'quarantine')) {
    looks.push(client.invalidateQueries({ queryKey: ['quarantine'] }));
  }
  if (events.some((event) => event.type === 'command' || event.type === 'agent')) {
    looks.push(client.invalidateQueries({ queryKey: ['orders'] }));
  }
  await Promise.all(looks);
}
