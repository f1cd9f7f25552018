/** Every error as problem details (RFC 9457) with a stable code; nothing internal leaves at 500 and above. */
import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, toAppError, type ErrorCode } from '../../errors.ts';
import type { Http } from '../type-provider.ts';

export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail?: string;
  readonly requestId: string;
  readonly [extension: string]: unknown;
}

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'HTTP_BAD_REQUEST',
  404: 'HTTP_NOT_FOUND',
  405: 'HTTP_METHOD_NOT_ALLOWED',
  406: 'HTTP_NOT_ACCEPTABLE',
  413: 'HTTP_PAYLOAD_TOO_LARGE',
  415: 'HTTP_UNSUPPORTED_MEDIA_TYPE',
};

/** Fastify's own errors carry a status and a message without values of the request. */
export function problemError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (error instanceof Error && typeof status === 'number' && status >= 400 && status < 500) {
    return new AppError(codeOfStatus[status] ?? 'HTTP_BAD_REQUEST', error.message, { cause: error });
  }
  return toAppError(error);
}

export function problemOf(error: AppError, requestId: string, extensions: Readonly<Record<string, unknown>> = {}): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[error.statusCode] ?? 'Error',
    status: error.statusCode,
    code: error.code,
    ...(error.statusCode < 500 ? { detail: error.message } : {}),
    requestId,
    ...extensions,
  };
}

export async function sendProblem(reply: FastifyReply, error: AppError, extensions?: Readonly<Record<string, unknown>>): Promise<FastifyReply> {
  const problem = problemOf(error, reply.request.id, extensions);
  // As bytes: a string would get a charset parameter, which this media type does not have.
  return reply.status(problem.status).header('content-type', 'application/problem+json').send(Buffer.from(JSON.stringify(problem)));
}

/** The state of a study, who holds a lock, what of a draft is wrong or open, when to try again. */
const publicNames = ['state', 'lock', 'path', 'undecided', 'retryAfterSeconds'] as const;

/** Details that an error may show to a client: nothing of a patient is among them. */
export function publicDetails(error: AppError): Readonly<Record<string, unknown>> {
  return Object.fromEntries(publicNames.flatMap((name) => (error.details[name] === undefined ? [] : [[name, error.details[name]]])));
}

export function registerProblems(app: Http): void {
  app.setErrorHandler(async (error, request: FastifyRequest, reply: FastifyReply) => {
    const known = problemError(error);
    const { retryAfterSeconds } = known.details;
    if (typeof retryAfterSeconds === 'number') void reply.header('retry-after', retryAfterSeconds);
    if (known.statusCode >= 500) request.log.error({ err: known, code: known.code }, 'request failed');
    return sendProblem(reply, known, known.statusCode < 500 ? publicDetails(known) : {});
  });
}
