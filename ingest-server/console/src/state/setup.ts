// The documents by which incidents are worked: read, rehearsed, set.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { fetchAreas, putAreas, putPolicy, rehearsePolicy } from '../api/setup';
import { policyQuery } from './casework';

const AREAS_KEY = ['areas'];

export function usePolicy() {
  return useQuery(policyQuery);
}

export function useAreas() {
  return useQuery({ queryKey: AREAS_KEY, queryFn: fetchAreas, staleTime: 60_000 });
}

/** What a document would have done with the incidents of the last days. */
export function useRehearsal() {
  return useMutation({
    mutationFn: ({ policy, days }: { policy: object; days: number }) =>
      rehearsePolicy(policy, days),
  });
}

/** A document on the version it was made from. */
interface Setting {
  version: number;
  document: object;
  note: string;
}

export function useSetPolicy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version, document, note }: Setting) => putPolicy(version, document, note),
    onSettled: () => client.invalidateQueries({ queryKey: policyQuery.queryKey }),
  });
}

export function useSetAreas() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version, document, note }: Setting) => putAreas(version, document, note),
    onSettled: () => client.invalidateQueries({ queryKey: AREAS_KEY }),
  });
}
