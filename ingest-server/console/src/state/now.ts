// The wall clock for what the screen says in words ("3 minutes ago"): one timer for every reader.
import { useSyncExternalStore } from 'react';

const STEP_MS = 5_000;

let now = new Date();
let timer: ReturnType<typeof setInterval> | undefined;
const readers = new Set<() => void>();

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  timer ??= setInterval(tick, STEP_MS);
  return () => {
    readers.delete(reader);
    if (readers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function tick(): void {
  now = new Date();
  for (const reader of readers) reader();
}

/** The time, at most five seconds old. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}
