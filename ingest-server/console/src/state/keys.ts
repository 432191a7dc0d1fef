// Keys of programs: listed, made, revoked.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { listApiKeys, makeApiKey, revokeApiKey, type ApiKey } from '../api/keys';

const KEYS_KEY = ['api-keys'];

export function useApiKeys() {
  return useQuery({ queryKey: KEYS_KEY, queryFn: listApiKeys, staleTime: 0 });
}

export function useMakeApiKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: makeApiKey,
    // The answer holds the secret: it is forgotten as soon as it is off the screen.
    gcTime: 0,
    onSettled: () => client.invalidateQueries({ queryKey: KEYS_KEY }),
  });
}

export function useRevokeApiKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: revokeApiKey,
    onSettled: () => client.invalidateQueries({ queryKey: KEYS_KEY }),
  });
}

/** Whether a program gets in with the key, or why it does not. */
export type KeyStanding = 'good' | 'expired' | 'revoked';

export function standingOfKey(
  { revoked_at: revoked, expires_at: expires }: Pick<ApiKey, 'revoked_at' | 'expires_at'>,
  now: Date,
): KeyStanding {
  if (typeof revoked === 'string') return 'revoked';
  return new Date(expires) <= now ? 'expired' : 'good';
}

/** Those that open something first; otherwise as they came, the newest first. */
export function goodFirst(keys: readonly ApiKey[], now: Date): ApiKey[] {
  const rank = (key: ApiKey): number => (standingOfKey(key, now) === 'good' ? 0 : 1);
  return keys.toSorted((a, b) => rank(a) - rank(b));
}

/** The longest that the server lets a key live, in days. */
const LONGEST_DAYS = 730;

const two = (value: number): string => value.toString().padStart(2, '0');

/** The first and the last day on which a new key may end, as a date field has them. */
export function daysOfEnding(now: Date): { first: string; last: string } {
  const day = (plus: number): string => {
    const at = new Date(now.getFullYear(), now.getMonth(), now.getDate() + plus);
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  };
  return { first: day(0), last: day(LONGEST_DAYS) };
}

/** The last second of a day of a date field, where the browser is. */
export function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59`).toISOString();
}
