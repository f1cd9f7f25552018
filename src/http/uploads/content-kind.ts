/** What a file is by its first bytes; its name says nothing reliable (PS3.10 names have no extension). */
export type ContentKind = 'dicom' | 'dicomdir' | 'zip' | 'empty' | 'other';

/** Preamble, marker and the file meta information that says what the file holds. */
const headBytes = 1024;
const mediaStorageDirectory = Buffer.from('1.2.840.10008.1.3.10', 'latin1');

export function contentKind(head: Buffer): ContentKind {
  if (head.length === 0) return 'empty';
  if (head.length >= 132 && head.toString('latin1', 128, 132) === 'DICM') {
    const at = head.indexOf(mediaStorageDirectory, 132);
    const next = at < 0 ? undefined : head[at + mediaStorageDirectory.length];
    // A longer UID that begins alike is another class.
    const isDirectory = at >= 0 && (next === undefined || !/[\d.]/.test(String.fromCharCode(next)));
    return isDirectory ? 'dicomdir' : 'dicom';
  }
  const signature = head.toString('latin1', 0, 4);
  return signature === 'PK\u0003\u0004' || signature === 'PK\u0005\u0006' ? 'zip' : 'other';
}

export interface Peeked {
  readonly head: Buffer;
  /** The whole body from its start; read at most once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of a body that is not read to its end; harmless afterwards. */
  close(): Promise<void>;
}

/** The first bytes of a body, the rest unread. */
export async function peek(body: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < headBytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    chunks.push(next.value);
    length += next.value.byteLength;
  }
  async function* whole(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* chunks;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
  return {
    head: Buffer.concat(chunks).subarray(0, headBytes),
    body: whole(),
    async close() {
      await iterator.return?.();
    },
  };
}
