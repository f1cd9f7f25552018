/** An answer that is not a success (RFC 9457 problem details), or no answer at all. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** The server's stable code, `NETWORK` when it could not be reached, `HTTP_<status>` when it gave none. */
  readonly code: string;
  readonly status: number;
  readonly requestId: string | undefined;

  constructor(code: string, status: number, detail: string, requestId?: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.requestId = requestId;
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
  return new RequestError(field(body, 'code') ?? `HTTP_${String(status)}`, status, field(body, 'detail') ?? '', field(body, 'requestId'));
}
