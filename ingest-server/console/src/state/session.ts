// Who is logged in. An expired session keeps the address, so that after log-in the same incident
// is open again.
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { QueryClient } from '@tanstack/react-query';

import { setCsrfToken } from '../api/client';
import { fetchSession, logIn, logOut, seeWith } from '../api/endpoints';
import type { Session } from '../api/types';

/** Someone, nobody yet, or nobody any more. */
export type SessionState =
  { kind: 'open'; session: Session } | { kind: 'closed' } | { kind: 'expired'; username: string };

const RETRY_MS = 5_000;

const sessionQuery = queryOptions<SessionState>({
  queryKey: ['session'],
  queryFn: async () => {
    const session = await fetchSession();
    return session === null ? { kind: 'closed' } : opened(session);
  },
  // A server that was away when the page was opened is found again without a reload.
  refetchInterval: (query) => (query.state.status === 'error' ? RETRY_MS : false),
});

function opened(session: Session): SessionState {
  setCsrfToken(session.csrf_token);
  seeWith(session.rights);
  return { kind: 'open', session };
}

export function useSession() {
  return useQuery(sessionQuery);
}

/** Called when the server no longer knows the session. */
export function expireSession(client: QueryClient): void {
  client.setQueryData<SessionState>(sessionQuery.queryKey, (state) =>
    state?.kind === 'open' ? { kind: 'expired', username: state.session.username } : state,
  );
  setCsrfToken(null);
}

export function useLogIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ username, password }: { username: string; password: string }) =>
      logIn(username, password),
    onSuccess(session) {
      const before = client.getQueryData<SessionState>(sessionQuery.queryKey);
      const samePerson = before?.kind === 'expired' && before.username === session.username;
      // Another person must not see what the last one had on the screen.
      if (!samePerson) removeAllButSession(client);
      client.setQueryData<SessionState>(sessionQuery.queryKey, opened(session));
      if (samePerson) void refreshAll(client);
    },
  });
}

export function useLogOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: logOut,
    onSuccess() {
      setCsrfToken(null);
      client.setQueryData<SessionState>(sessionQuery.queryKey, { kind: 'closed' });
      removeAllButSession(client);
    },
  });
}

/** Asks again for everything on the screen, as after a gap in the live stream. */
export function refreshAll(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
}

function removeAllButSession(client: QueryClient): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
}
