/**
 * multipart/related as a stream (RFC 2046 5.1, PS3.18 8.6). One part at a time is pulled from the source, so memory
 * stays at one chunk however large the parts are, and the sender waits while the receiver is busy.
 */
import { AppError } from '../errors.ts';

export interface MultipartPart {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Fails with HTTP_MULTIPART_TRUNCATED where the source ends before the boundary. Read it before the next part. */
  readonly body: AsyncIterable<Buffer>;
}

/** A browser form's part headers are some hundred bytes; PS3.18 parts carry three or four lines. */
const maxHeaderBytes = 16 * 1024;
const maxPreambleBytes = 64 * 1024;
const maxPaddingBytes = 256;
/** RFC 2046 5.1.1: 1 to 70 characters; some clients send more, none needs more than this. */
const maxBoundaryLength = 200;

const crlf = Buffer.from('\r\n');
const blankLine = Buffer.from('\r\n\r\n');

function truncated(): AppError {
  return new AppError('HTTP_MULTIPART_TRUNCATED', 'The request ended before the closing boundary.');
}

function malformed(why: string): AppError {
  return new AppError('HTTP_MULTIPART_MALFORMED', why);
}

function parseHeaders(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  if (block.length === 0) return headers;
  const unfolded = block.toString('latin1').replace(/\r\n[ \t]+/g, ' ');
  for (const line of unfolded.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw malformed('A header line of a part has no name.');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

/** Bytes pulled on demand, with look-ahead. */
function byteSource(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]();
  let buffer: Buffer = Buffer.alloc(0);
  return {
    get buffer(): Buffer { return buffer; },
    set buffer(next: Buffer) { buffer = next; },
    take(length: number): Buffer {
      const head = buffer.subarray(0, length);
      buffer = buffer.subarray(length);
      return head;
    },
    /** False at the end of the source. */
    async fill(): Promise<boolean> {
      const next = await iterator.next();
      if (next.done === true) return false;
      const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
      return true;
    },
    async close(): Promise<void> {
      await iterator.return?.();
    },
  };
}

type Source = ReturnType<typeof byteSource>;

/** What stands after a delimiter: another part, the end, or (undefined) it was no delimiter but data that looks like one. */
async function afterDelimiter(source: Source, at: number): Promise<{ kind: 'part' | 'end'; length: number } | undefined> {
  for (;;) {
    const rest = source.buffer.subarray(at);
    if (rest.length >= 2 && rest[0] === 0x2d && rest[1] === 0x2d) return { kind: 'end', length: 2 };
    let padding = 0;
    while (padding < rest.length && (rest[padding] === 0x20 || rest[padding] === 0x09)) padding += 1;
    if (padding > maxPaddingBytes) return undefined;
    if (rest.length >= padding + 2) {
      return rest[padding] === 0x0d && rest[padding + 1] === 0x0a ? { kind: 'part', length: padding + 2 } : undefined;
    }
    if (!await source.fill()) return undefined;
  }
}

async function readHeaders(source: Source, delimiter: Buffer): Promise<Map<string, string>> {
  for (;;) {
    if (source.buffer.length >= 2 && source.buffer.subarray(0, 2).equals(crlf)) {
      source.take(2);
      return new Map();
    }
    const end = source.buffer.indexOf(blankLine);
    if (end >= 0 && end <= maxHeaderBytes) {
      const block = source.take(end);
      source.take(blankLine.length);
      if (block.includes(delimiter)) throw malformed('A part has no blank line after its headers.');
      return parseHeaders(block);
    }
    if (source.buffer.length > maxHeaderBytes) throw malformed(`The headers of a part exceed ${maxHeaderBytes} bytes.`);
    if (!await source.fill()) throw truncated();
  }
}

/**
 * The parts of a multipart body, in order.
 * Errors: HTTP_MULTIPART_MALFORMED (no boundary, oversized headers, no first boundary), HTTP_MULTIPART_TRUNCATED.
 */
export async function* parseMultipart(
  body: AsyncIterable<Uint8Array>,
  boundary: string | undefined,
): AsyncGenerator<MultipartPart, void, undefined> {
  if (boundary === undefined || boundary.length === 0 || boundary.length > maxBoundaryLength) {
    throw malformed('The Content-Type has no usable boundary.');
  }
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const source = byteSource(body);
  // The first delimiter may stand at the very start, without a line break before it.
  source.buffer = Buffer.from(crlf);
  let ended = false;
  let delimiterPassed = false;

  /** Data up to the next delimiter, which is consumed; `ended` tells which kind it was. */
  async function* untilDelimiter(): AsyncGenerator<Buffer, void, undefined> {
    let from = 0;
    delimiterPassed = false;
    for (;;) {
      const at = source.buffer.indexOf(delimiter, from);
      if (at >= 0) {
        const next = await afterDelimiter(source, at + delimiter.length);
        if (next === undefined) {
          from = at + 1;
          continue;
        }
        const data = source.take(at);
        source.take(delimiter.length + next.length);
        ended = next.kind === 'end';
        delimiterPassed = true;
        if (data.length > 0) yield data;
        return;
      }
      const safe = source.buffer.length - delimiter.length + 1;
      if (safe > 0) {
        const data = source.take(safe);
        from = 0;
        yield data;
      }
      if (!await source.fill()) throw truncated();
    }
  }

  try {
    let preamble = 0;
    for await (const chunk of untilDelimiter()) {
      preamble += chunk.length;
      if (preamble > maxPreambleBytes) throw malformed('The boundary of the Content-Type does not occur in the body.');
    }
    while (!ended) {
      const headers = await readHeaders(source, delimiter);
      delimiterPassed = false;
      yield { headers, body: untilDelimiter() };
      // What the consumer left over is read away, so that the next part starts at its headers.
      while (!delimiterPassed) {
        const rest = untilDelimiter();
        while ((await rest.next()).done !== true);
      }
    }
  } finally {
    await source.close();
  }
}

export interface OutgoingPart {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array> | Uint8Array;
}

/** The bytes of a multipart body with these parts. */
export async function* writeMultipart(
  parts: AsyncIterable<OutgoingPart> | Iterable<OutgoingPart>,
  boundary: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const part of parts) {
    const lines = Object.entries(part.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    yield Buffer.from(`--${boundary}\r\n${lines}\r\n`, 'latin1');
    if (part.body instanceof Uint8Array) yield part.body;
    else yield* part.body;
    yield crlf;
  }
  yield Buffer.from(`--${boundary}--\r\n`, 'latin1');
}
