// One thing done with many incidents, each by itself: what is refused for one is told, and the others go on.
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { atDesk, takeSteps, undoStep, type StepWish } from '../api/endpoints';
import { ApiProblem } from '../api/problem';
import type { BulkAnswer } from '../api/types';
import { refreshLists } from './incidents';

/** An incident on the version that was on the screen. */
export interface Seen {
  id: string;
  version: number;
}

export type BulkWish =
  | { kind: 'step'; items: readonly Seen[]; step: StepWish }
  | { kind: 'shelve'; items: readonly Seen[]; minutes: number; why: string }
  /** Takes back the newest step of each. */
  | { kind: 'undo'; items: readonly Seen[] };

/** What became of many. */
export interface BulkOutcome {
  /** Those with which it was done, on the version they stand at now. */
  done: readonly Seen[];
  /** Why not, as words of the server, each with how many. */
  refused: ReadonlyMap<string, number>;
}

/** What the server said of many, counted. */
export function outcomeOf(answer: BulkAnswer): BulkOutcome {
  const done: Seen[] = [];
  const refused: string[] = [];
  for (const { id, version, code, reason } of answer.items) {
    if (typeof version === 'number') done.push({ id, version });
    else refused.push(reason ?? code ?? 'internal');
  }
  return { done, refused: counted(refused) };
}

export function useBulk() {
  const client = useQueryClient();
  return useMutation({
    mutationFn(wish: BulkWish): Promise<BulkOutcome> {
      switch (wish.kind) {
        case 'step':
          return takeSteps([...wish.items], wish.step).then(outcomeOf);
        case 'shelve': {
          const { minutes, why } = wish;
          return oneByOne(wish.items, ({ id }) => atDesk(id, { verb: 'shelve', minutes, why }));
        }
        case 'undo':
          return oneByOne(wish.items, ({ id, version }) => undoStep(id, version));
      }
    },
    async onSettled() {
      await refreshLists(client);
      await client.invalidateQueries({ queryKey: ['incident'] });
    },
  });
}

/** Asks for each in turn; a refusal ends nothing, a server that is away ends it all. */
async function oneByOne(
  items: readonly Seen[],
  ask: (item: Seen) => Promise<{ version: number }>,
): Promise<BulkOutcome> {
  const done: Seen[] = [];
  const refused: string[] = [];
  for (const item of items) {
    try {
      const { version } = await ask(item);
      done.push({ id: item.id, version });
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status === 0) throw error;
      refused.push(error.reason ?? error.code);
    }
  }
  return { done, refused: counted(refused) };
}

function counted(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
