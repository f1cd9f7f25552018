import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMultipart, writeMultipart } from '../../src/dicomweb/multipart.ts';
import { toAppError } from '../../src/errors.ts';

/** The bytes cut into pieces of these sizes, repeated, as a network would. */
async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function readAll(text: string | Buffer, boundary: string | undefined, sizes = [7]): Promise<{ headers: Record<string, string>; body: Buffer }[]> {
  const parts = [];
  for await (const part of parseMultipart(pieces(Buffer.from(text), sizes), boundary)) {
    parts.push({ headers: Object.fromEntries(part.headers), body: await collect(part.body) });
  }
  return parts;
}

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return toAppError(error).code;
  }
  return 'no failure';
}

describe('multipart bodies', () => {
  it('gives back what was written, however the network cuts it', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
      async (bodies, sizes) => {
        const written = await collect(writeMultipart(bodies.map((body) => ({ headers: { 'Content-Type': 'application/dicom' }, body })), 'b0'));
        const parts = await readAll(written, 'b0', sizes);
        expect(parts.map(({ body }) => body)).toEqual(bodies.map((body) => Buffer.from(body)));
        expect(parts[0]?.headers).toEqual({ 'content-type': 'application/dicom' });
      },
    ), { numRuns: 150 });
  });

  it('keeps data that resembles the boundary', async () => {
    const body = 'x\r\n--b0y\r\n--b\r\n--b0 y\r\n-';
    const parts = await readAll(`--b0\r\n\r\n${body}\r\n--b0--`, 'b0', [1]);
    expect(parts).toEqual([{ headers: {}, body: Buffer.from(body) }]);
  });

  it('passes over preamble, epilogue, padding after the boundary and folded headers', async () => {
    const parts = await readAll('hello\r\n--b0 \t\r\nA: 1\r\n 2\r\n\r\nx\r\n--b0--\r\ntail', 'b0');
    expect(parts).toEqual([{ headers: { a: '1 2' }, body: Buffer.from('x') }]);
  });

  it('reads on after a part that was given up in the middle', async () => {
    const text = `--b0\r\n\r\n${'a'.repeat(5000)}\r\n--b0\r\n\r\nsecond\r\n--b0--`;
    const seen: string[] = [];
    for await (const part of parseMultipart(pieces(Buffer.from(text), [100]), 'b0')) {
      for await (const chunk of part.body) {
        seen.push(chunk.toString().slice(0, 6));
        break;
      }
    }
    expect(seen.at(-1)).toBe('second');
    expect(seen).toHaveLength(2);
  });

  it.each([
    ['no boundary at all', '--b0\r\n\r\nx\r\n--b0--', undefined, 'HTTP_MULTIPART_MALFORMED'],
    ['an empty boundary', '--\r\n\r\nx', '', 'HTTP_MULTIPART_MALFORMED'],
    ['another boundary than declared', '--other\r\n\r\nx\r\n--other--', 'b0', 'HTTP_MULTIPART_TRUNCATED'],
    ['much data without the boundary', 'x'.repeat(70_000), 'b0', 'HTTP_MULTIPART_MALFORMED'],
    ['no end boundary', '--b0\r\n\r\nhalf an inst', 'b0', 'HTTP_MULTIPART_TRUNCATED'],
    ['an end within the headers', '--b0\r\nContent-Ty', 'b0', 'HTTP_MULTIPART_TRUNCATED'],
    ['giant headers', `--b0\r\nA: ${'x'.repeat(20_000)}\r\n\r\n\r\n--b0--`, 'b0', 'HTTP_MULTIPART_MALFORMED'],
    ['no blank line after the headers', '--b0\r\nA: 1\r\n--b0\r\nB: 2\r\n\r\nx\r\n--b0--', 'b0', 'HTTP_MULTIPART_MALFORMED'],
    ['a header without a name', '--b0\r\n: 1\r\n\r\nx\r\n--b0--', 'b0', 'HTTP_MULTIPART_MALFORMED'],
    ['an empty body', '', 'b0', 'HTTP_MULTIPART_TRUNCATED'],
  ])('refuses %s', async (_what, text, boundary, code) => {
    expect(await failure(readAll(text, boundary, [1000]))).toBe(code);
  });

  it('holds no more than a chunk while a large part passes', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 7);
    async function* source(): AsyncGenerator<Buffer> {
      yield Buffer.from('--b0\r\n\r\n');
      for (let turn = 0; turn < 200; turn += 1) yield chunk;
      yield Buffer.from('\r\n--b0--');
    }
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // Buffers are swept in the background; the second collection waits for the sweep of the first.
    const collectGarbage = (): void => { collect(); collect(); };
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    let held = 0;
    let total = 0;
    let count = 0;
    for await (const part of parseMultipart(source(), 'b0')) {
      for await (const piece of part.body) {
        total += piece.length;
        count += 1;
        if (count % 40 !== 0) continue;
        collectGarbage();
        held = Math.max(held, process.memoryUsage().arrayBuffers - before);
      }
    }
    expect(total).toBe(200 * chunk.length);
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(8 * chunk.length);
  });
});
