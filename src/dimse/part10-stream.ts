/** A received data set as Part 10 bytes: preamble and file meta information in front of the bytes as they came (PS3.10 7.1). */
import { implementationClassUID, implementationVersionName } from './uids.ts';

function element(number: number, vr: string, value: Uint8Array): Buffer {
  const long = vr === 'OB';
  const header = Buffer.alloc(long ? 12 : 8);
  header.writeUInt16LE(0x0002, 0);
  header.writeUInt16LE(number, 2);
  header.write(vr, 4, 'latin1');
  if (long) header.writeUInt32LE(value.length, 8);
  else header.writeUInt16LE(value.length, 6);
  return Buffer.concat([header, value]);
}

function padded(text: string, padding: string): Buffer {
  return Buffer.from(text.length % 2 === 0 ? text : text + padding, 'latin1');
}

/**
 * The calling AE title is left out on purpose: the same instance sent by two systems must give the same bytes, or the
 * second one would look like a conflict.
 */
export function part10Header(instance: {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
}): Buffer {
  const body = Buffer.concat([
    element(0x0001, 'OB', Uint8Array.of(0, 1)),
    element(0x0002, 'UI', padded(instance.sopClassUID, '\0')),
    element(0x0003, 'UI', padded(instance.sopInstanceUID, '\0')),
    element(0x0010, 'UI', padded(instance.transferSyntaxUID, '\0')),
    element(0x0012, 'UI', padded(implementationClassUID, '\0')),
    element(0x0013, 'SH', padded(implementationVersionName, ' ')),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM', 'latin1'), element(0x0000, 'UL', length), body]);
}

export async function* part10Stream(header: Uint8Array, dataset: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield header;
  yield* dataset;
}
