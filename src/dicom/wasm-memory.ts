/**
 * A bound on the memory of a WebAssembly module: limits of a thread do not count it. The module says itself how far its
 * memory may grow (WebAssembly Core 5.5.8); that number is made smaller before it is compiled.
 */
import { AppError } from '../errors.ts';

const memorySection = 5;
const headerBytes = 8;
export const wasmPageBytes = 65_536;

/** An unsigned LEB128 number and where it ends. */
function readNumber(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let end = at, factor = 1; end < bytes.length; end += 1, factor *= 128) {
    value += (bytes[end]! & 0x7f) * factor;
    if ((bytes[end]! & 0x80) === 0) return { value, end: end + 1 };
  }
  throw new AppError('INTERNAL', 'A WebAssembly module ends within a number');
}

/** Where the module says how many pages its one memory may have. @throws AppError INTERNAL when it says no such thing */
function findLimit(module: Uint8Array): { readonly at: number; readonly end: number; readonly pages: number } {
  for (let at = headerBytes; at < module.length;) {
    const size = readNumber(module, at + 1);
    if (module[at] === memorySection) {
      const count = readNumber(module, size.end);
      const hasMaximum = module[count.end] === 1;
      if (count.value !== 1 || !hasMaximum) break;
      const least = readNumber(module, count.end + 1);
      const most = readNumber(module, least.end);
      return { at: least.end, end: most.end, pages: most.value };
    }
    at = size.end + size.value;
  }
  throw new AppError('INTERNAL', 'A WebAssembly module does not say how much memory it may take');
}

export function memoryLimitPages(module: Uint8Array): number {
  return findLimit(module).pages;
}

/** The module with at most so many pages. */
export function withMemoryLimit(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const { at, end, pages: allowed } = findLimit(module);
  const limited = Uint8Array.from(module);
  // In as many bytes as there were: nothing else moves.
  for (let place = at, rest = Math.min(pages, allowed); place < end; place += 1, rest = Math.floor(rest / 128)) limited[place] = rest % 128 | (place + 1 < end ? 0x80 : 0);
  return limited;
}
