// The queue's order on the screen: pure. Rows that are shown keep their place; what is new waits in
// `waiting` while the operator is at work and is let in when he asks or when his hands are off.

export interface Arrangement {
  /** Ids on the screen, newest first. */
  readonly order: readonly string[];
  /** Ids that the server has and the screen does not show yet. */
  readonly waiting: readonly string[];
}

export const NOTHING: Arrangement = { order: [], waiting: [] };

/** Whether new rows may appear by themselves. */
export type Arrival = 'insert' | 'hold';

/**
 * The arrangement after the server said `fetched` (newest first).
 *
 * Ids that the server no longer lists stay where they are: they were just handled, or slipped to a
 * page that is not loaded. Older ids, below the last known one, are appended in either mode.
 */
export function arrange(
  shown: Arrangement,
  fetched: readonly string[],
  arrival: Arrival,
): Arrangement {
  if (shown.order.length === 0) return { order: fetched, waiting: [] };
  const known = new Set(shown.order);
  const lastKnown = fetched.findLastIndex((id) => known.has(id));
  const older = lastKnown < 0 ? [] : fetched.slice(lastKnown + 1);
  const upper = lastKnown < 0 ? fetched : fetched.slice(0, lastKnown + 1);
  const fresh = upper.filter((id) => !known.has(id));
  if (arrival === 'hold') return { order: [...shown.order, ...older], waiting: fresh };
  return { order: [...insert(shown.order, upper), ...older], waiting: [] };
}

/** The order with the unknown ids of `upper` put before the known id that follows them there. */
function insert(order: readonly string[], upper: readonly string[]): string[] {
  const known = new Set(order);
  const before = new Map<string, string[]>();
  let pending: string[] = [];
  for (const id of upper) {
    if (known.has(id)) {
      before.set(id, pending);
      pending = [];
    } else {
      pending.push(id);
    }
  }
  // Without a known id to go before, what is left is newer than everything shown.
  return [...pending, ...order.flatMap((id) => [...(before.get(id) ?? []), id])];
}

/** The arrangement once the operator asked for what waits and let go of what is done. */
export function settle(
  shown: Arrangement,
  fetched: readonly string[],
  keep: (id: string) => boolean,
): Arrangement {
  const { order } = arrange(shown, fetched, 'insert');
  return { order: order.filter(keep), waiting: [] };
}
