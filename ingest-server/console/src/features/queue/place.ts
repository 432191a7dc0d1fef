// Where the operator is, kept in the address: which incident, under which filter.
import { useLocation, useSearchParams } from 'wouter';

import { filtersOf, type Filter } from '../../state/incidents';
import { useRights } from '../../state/rights';

export const QUEUE_PATH = '/';

export function incidentPath(id: string): string {
  return `/incidents/${encodeURIComponent(id)}`;
}

export interface Place {
  filter: Filter;
  /** What can be chosen, by whom the person acts for. */
  filters: readonly Filter[];
  /** The address of an incident under the same filter. */
  hrefOf: (id: string) => string;
  open: (id: string) => void;
  choose: (filter: Filter) => void;
}

export function usePlace(): Place {
  const [path, navigate] = useLocation();
  const [search] = useSearchParams();
  const { desk } = useRights();
  const filters = filtersOf(desk);
  const first = filters[0] ?? 'all';
  const filter = filters.find((known) => known === search.get('filter')) ?? first;
  const withFilter = (target: string, under: Filter): string =>
    under === first ? target : `${target}?filter=${under}`;
  return {
    filter,
    filters,
    hrefOf: (id) => withFilter(incidentPath(id), filter),
    // The history keeps pages, not every row that was looked at.
    open: (id) => {
      navigate(withFilter(incidentPath(id), filter), { replace: path !== QUEUE_PATH });
    },
    choose: (next) => {
      navigate(withFilter(path, next), { replace: true });
    },
  };
}
