// The one HTTP client: language, CSRF token and errors are handled here and nowhere else.
import createClient from 'openapi-fetch';

import { currentLanguage } from '../i18n';
import { ApiProblem, readProblem } from './problem';
import type { paths } from './schema';

const SAFE_METHODS = new Set(['GET', 'HEAD']);

let csrfToken: string | null = null;

/** The token of the current session; the server wants it back with every change. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Headers that a request written by hand needs besides its own. */
export function ownHeaders(): Record<string, string> {
  const language = { 'Accept-Language': currentLanguage() };
  return csrfToken === null ? language : { ...language, 'X-CSRF-Token': csrfToken };
}

export const client = createClient<paths>({
  // Looked up at each call, so that a test can replace it.
  fetch: (request) => globalThis.fetch(request),
  baseUrl: globalThis.location.origin,
  credentials: 'same-origin',
});

client.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', currentLanguage());
    if (csrfToken !== null && !SAFE_METHODS.has(request.method)) {
      request.headers.set('X-CSRF-Token', csrfToken);
    }
    return request;
  },
  onError() {
    return new ApiProblem('network', 0, null);
  },
});

interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** The answer's data, or an [ApiProblem] thrown. */
export async function unwrap<T>(pending: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await pending;
  if (!response.ok) throw readProblem(response.status, error);
  if (data === undefined) throw new ApiProblem('unexpected', response.status, null);
  return data;
}
