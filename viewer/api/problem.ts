/** An answer that is not a success (RFC 9457 problem details), or no answer at all. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** The server's stable code, `NETWORK` when it could not be reached, `HTTP_<status>` when it gave none. */
  readonly code: string;
  readonly status: number;
  readonly requestId: string | undefined;
  /** The whole problem document, for the members that belong to one code alone. */
  readonly body: unknown;

  constructor(code: string, status: number, detail: string, requestId?: string, cause?: unknown, body?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.body = body;
  }
}

function field(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Reflect.get(body, name);
  return typeof value === 'string' ? value : undefined;
}

/** Reads the problem document of a failed answer; a body that is none still gives a coded error. */
export function problemFrom(status: number, bodyText: string): RequestError {
  let body: unknown;
  try {
    body = JSON.parse(bodyText);
  } catch (error) {
    return new RequestError(`HTTP_${String(status)}`, status, '', undefined, error);
  }
  return new RequestError(field(body, 'code') ?? `HTTP_${String(status)}`, status, field(body, 'detail') ?? '', field(body, 'requestId'), undefined, body);
}

/** True for what goes away by itself: no connection, a server in trouble, too many requests. The same may be asked again. */
export function isPassing(error: unknown): boolean {
  return error instanceof RequestError && (error.code === 'NETWORK' || error.status >= 500 || error.status === 429 || error.status === 408);
}

/** The code of a failed request; undefined for other errors. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof RequestError ? error.code : undefined;
}
