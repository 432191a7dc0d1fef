// The queue under one filter: the server's pages, arranged so that nothing moves under the operator.
import { useInfiniteQuery, useQueries } from '@tanstack/react-query';
import { useState } from 'react';

import type { IncidentSummary } from '../api/types';
import { arrange, NOTHING, settle, type Arrangement, type Arrival } from './arrange';
import { incidentPages, incidentQuery, passes, type Filter } from './incidents';
import { useLivePolling } from './live';

export interface QueueRow {
  incident: IncidentSummary;
  /** It no longer belongs under the filter, and goes when the list is refreshed. */
  handled: boolean;
}

export interface Queue {
  rows: readonly QueueRow[];
  /** New incidents that are not shown yet. */
  waiting: number;
  status: 'pending' | 'error' | 'success';
  error: Error | null;
  hasMore: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  retry: () => void;
  /** Shows what waits and lets go of what is handled, except the row `keep`. */
  refresh: (keep: string | null) => void;
}

interface Memory {
  filter: Filter;
  fetched: readonly IncidentSummary[];
  arrangement: Arrangement;
  /** The last seen summary of every row, for rows that left the server's pages. */
  seen: ReadonlyMap<string, IncidentSummary>;
}

const EMPTY: readonly IncidentSummary[] = [];

export function useQueue(filter: Filter, arrival: Arrival): Queue {
  const pages = useInfiniteQuery({ ...incidentPages(filter), refetchInterval: useLivePolling() });
  const [memory, setMemory] = useState<Memory>(() => forget(filter));
  const [lastData, setLastData] = useState<unknown>(null);

  let current = memory.filter === filter ? memory : forget(filter);
  if (pages.data !== undefined && (pages.data !== lastData || current !== memory)) {
    const fetched = pages.data.pages.flatMap((page) => page.items);
    current = remember(current, fetched, arrival);
    setMemory(current);
    setLastData(pages.data);
  } else if (arrival === 'insert' && current.arrangement.waiting.length > 0) {
    current = remember(current, current.fetched, arrival);
    setMemory(current);
  }

  const rows = useRows(current);
  return {
    rows,
    waiting: current.arrangement.waiting.length,
    status: pages.status,
    error: pages.error,
    hasMore: pages.hasNextPage,
    loadingMore: pages.isFetchingNextPage,
    loadMore: () => void pages.fetchNextPage(),
    retry: () => void pages.refetch(),
    refresh(keep) {
      const handled = new Set(rows.filter((row) => row.handled).map((row) => row.incident.id));
      const ids = current.fetched.map((incident) => incident.id);
      const stays = (id: string): boolean => id === keep || !handled.has(id);
      setMemory({ ...current, arrangement: settle(current.arrangement, ids, stays) });
    },
  };
}

function forget(filter: Filter): Memory {
  return { filter, fetched: EMPTY, arrangement: NOTHING, seen: new Map() };
}

function remember(memory: Memory, fetched: readonly IncidentSummary[], arrival: Arrival): Memory {
  const ids = [...new Set(fetched.map((incident) => incident.id))];
  const arrangement = arrange(memory.arrangement, ids, arrival);
  const latest = new Map(fetched.map((incident) => [incident.id, incident]));
  const seen = new Map<string, IncidentSummary>();
  for (const id of [...arrangement.order, ...arrangement.waiting]) {
    const incident = latest.get(id) ?? memory.seen.get(id);
    if (incident !== undefined) seen.set(id, incident);
  }
  return { ...memory, fetched, arrangement, seen };
}

/** The rows to draw. A row that left the server's pages is asked for by itself. */
function useRows({ filter, fetched, arrangement, seen }: Memory): QueueRow[] {
  const listed = new Set(fetched.map((incident) => incident.id));
  const missing = arrangement.order.filter((id) => !listed.has(id));
  const details = useQueries({ queries: missing.map(incidentQuery) });
  const alone = new Map(missing.map((id, index) => [id, details[index]?.data]));
  return arrangement.order.flatMap((id) => {
    const incident = alone.get(id) ?? seen.get(id);
    return incident === undefined ? [] : [{ incident, handled: !passes(filter, incident) }];
  });
}
