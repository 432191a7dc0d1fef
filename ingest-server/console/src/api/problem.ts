// A refused or failed request as one error type, from `application/problem+json` (RFC 9457).
// Its title is the server's own words in the language that was asked for.

/** What went wrong, in a form that code can branch on. */
export type ProblemCode = 'network' | 'unexpected' | (string & {});

/** A field that will not do, in the caller's language. */
export interface FieldFault {
  /** Its path: `contact.phone`, `cameras.cam-1.masks[0]`. */
  field: string;
  /** What is wrong, as a word. */
  problem?: string;
  message: string;
}

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly code: ProblemCode,
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
    /** The server's words; absent where the server said nothing readable. */
    readonly title: string | null,
    readonly detail: string | null = null,
    /** Every field at fault, where the server named some. */
    readonly fields: readonly FieldFault[] = [],
    /** Why a step was refused, as a word. */
    readonly reason: string | null = null,
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
  const code = text('code') ?? 'unexpected';
  const fields = readFaults(body);
  return new ApiProblem(code, status, text('title'), text('detail'), fields, text('reason'));
}

function readFaults(body: object): FieldFault[] {
  const fields: unknown = Reflect.get(body, 'fields');
  return Array.isArray(fields) ? fields.filter(isFault) : [];
}

function isFault(value: unknown): value is FieldFault {
  return (
    typeof value === 'object' &&
    value !== null &&
    'field' in value &&
    typeof value.field === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}

/** The fields at fault of whatever failed; none where it is no refusal of the server's. */
export function faultsOf(error: unknown): readonly FieldFault[] {
  return error instanceof ApiProblem ? error.fields : [];
}

/** Whether the server no longer knows who asks. */
export function isSessionGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 401;
}
