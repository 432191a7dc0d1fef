// Where the operator is, kept in the address: which incident, under which filter.
import { useLocation, useSearchParams } from 'wouter';

import { FILTERS, type Filter } from '../../state/incidents';

export const QUEUE_PATH = '/';

export function incidentPath(id: string): string {
  return `/incidents/${encodeURIComponent(id)}`;
}

export interface Place {
  filter: Filter;
  /** The address of an incident under the same filter. */
  hrefOf: (id: string) => string;
  open: (id: string) => void;
  choose: (filter: Filter) => void;
}

export function usePlace(): Place {
  const [path, navigate] = useLocation();
  const [search] = useSearchParams();
  const filter = FILTERS.find((known) => known === search.get('filter')) ?? 'open';
  const withFilter = (target: string, under: Filter): string =>
    under === 'open' ? target : `${target}?filter=${under}`;
  return {
    filter,
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
