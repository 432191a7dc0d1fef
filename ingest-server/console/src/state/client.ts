// The cache of what the server said, and what happens when it says that the session is gone.
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { ApiProblem, isSessionGone } from '../api/problem';
import { expireSession } from './session';

/** Tries of a request that failed for want of a network; a refusal is never asked again. */
const MAX_RETRIES = 2;

export function makeQueryClient(): QueryClient {
  const onError = (error: Error): void => {
    if (isSessionGone(error)) expireSession(client);
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        // The live stream says when something is stale.
        staleTime: Infinity,
        refetchOnWindowFocus: false,
        // A failed request shows at once that the server is away; it must not hang in a pause.
        networkMode: 'always',
        retry: (count, error) =>
          count < MAX_RETRIES && !(error instanceof ApiProblem && error.status !== 0),
      },
      mutations: { networkMode: 'always' },
    },
  });
  return client;
}
