// Which rows are marked for something that is done with many at once.
import { useState } from 'react';

const NONE: ReadonlySet<string> = new Set();

export interface Marks {
  /** Whether rows can be marked now. */
  on: boolean;
  marked: ReadonlySet<string>;
  toggle: () => void;
  /** Marks a row or takes its mark away; marking begins with the first. */
  mark: (id: string) => void;
  /** Marks all of these, or none where all are. */
  markAll: (ids: readonly string[]) => void;
  clear: () => void;
}

export function useMarks(): Marks {
  const [on, setOn] = useState(false);
  const [marked, setMarked] = useState(NONE);
  return {
    on,
    marked,
    toggle() {
      setOn(!on);
      setMarked(NONE);
    },
    mark(id) {
      const next = new Set(marked);
      if (!next.delete(id)) next.add(id);
      setOn(true);
      setMarked(next);
    },
    markAll(ids) {
      setMarked(ids.every((id) => marked.has(id)) ? NONE : new Set(ids));
    },
    clear() {
      setMarked(NONE);
    },
  };
}
