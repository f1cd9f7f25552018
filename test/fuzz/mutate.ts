/** New inputs from known ones: what a liar changes is mostly a length, a count, a place or the end. */
import type { RandomNumbers } from '../helpers/random.ts';

const extremes = [0, 1, 2, 7, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

export function mutate(seeds: readonly Uint8Array[], random: RandomNumbers): Uint8Array {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random.between(0, items.length))]!;
  const below = (limit: number): number => Math.floor(random.between(0, limit));
  let bytes = Buffer.from(pick(seeds));
  const changes = 1 + below(4);
  for (let n = 0; n < changes && bytes.length > 0; n += 1) {
    const at = below(bytes.length);
    switch (below(9)) {
      case 0: bytes[at]! ^= 1 << below(8); break;
      case 1: bytes[at] = pick(extremes) & 0xff; break;
      case 2: case 3: {
        const width = random.between(0, 1) < 0.5 ? 2 : 4;
        if (at + width > bytes.length) break;
        const value = pick(extremes) % 2 ** (8 * width);
        if (random.between(0, 1) < 0.5) bytes.writeUIntLE(value, at, width);
        else bytes.writeUIntBE(value, at, width);
        break;
      }
      case 4: bytes = bytes.subarray(0, at); break;
      case 5: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + below(64)))]); break;
      case 6: {
        const piece = bytes.subarray(at, Math.min(bytes.length, at + 1 + below(256)));
        const to = below(bytes.length);
        bytes = Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
        break;
      }
      case 7: {
        const other = pick(seeds);
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(below(other.length + 1))]);
        break;
      }
      default: {
        const end = Math.min(bytes.length, at + 1 + below(16));
        for (let place = at; place < end; place += 1) bytes[place] = below(256);
      }
    }
  }
  return bytes.length > 1 << 20 ? bytes.subarray(0, 1 << 20) : bytes;
}
