// A refused or failed request as one error type, from `application/problem+json` (RFC 9457).
// Its title is the server's own words in the language that was asked for.

/** What went wrong, in a form that code can branch on. */
export type ProblemCode = 'network' | 'unexpected' | (string & {});

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly code: ProblemCode,
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
    /** The server's words; absent where the server said nothing readable. */
    readonly title: string | null,
    readonly detail: string | null = null,
  ) {
    super(title ?? code);
  }
}

/** Reads a problem document; anything else becomes `unexpected`, never an exception. */
export function readProblem(status: number, body: unknown): ApiProblem {
  if (typeof body !== 'object' || body === null) return new ApiProblem('unexpected', status, null);
  const text = (key: string): string | null => {
    const value: unknown = Reflect.get(body, key);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return new ApiProblem(text('code') ?? 'unexpected', status, text('title'), text('detail'));
}

/** Whether the server no longer knows who asks. */
export function isSessionGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 401;
}
