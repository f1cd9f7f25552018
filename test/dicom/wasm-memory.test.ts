import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { decoderPages } from '../../src/dicom/wasm-decoders.ts';
import { memoryLimitPages, withMemoryLimit } from '../../src/dicom/wasm-memory.ts';

const load = createRequire(import.meta.url);
/** The types of Node leave it out. */
const runtime = globalThis as unknown as { readonly WebAssembly: { instantiate(module: Uint8Array): Promise<{ readonly instance: { readonly exports: { readonly mem: { grow(pages: number): number } } } }> } };
/** One memory of 1 to 32768 pages, exported as "mem". */
const small = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 6, 1, 1, 1, 0x80, 0x80, 2, 7, 7, 1, 3, 0x6d, 0x65, 0x6d, 2, 0);

it('a module grows as far as it is allowed and no further', async () => {
  const { instance: { exports: { mem: memory } } } = await runtime.WebAssembly.instantiate(withMemoryLimit(small, 10));
  expect(memory.grow(9)).toBe(1);
  expect(() => memory.grow(1)).toThrow(RangeError);
  expect(memoryLimitPages(withMemoryLimit(small, 100_000))).toBe(32_768);
});

it.each([['one without a memory', small.subarray(0, 8)], ['one that may grow for ever', Uint8Array.of(...small.subarray(0, 8), 5, 3, 1, 0, 1)], ['one that is cut off', small.subarray(0, 14)]])('%s is refused', (_what, module) => {
  expect(() => withMemoryLimit(module, 10)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
});

it('the decoder of JPEG-LS that is installed can be limited', () => {
  expect(memoryLimitPages(withMemoryLimit(readFileSync(load.resolve('@cornerstonejs/codec-charls/wasm')), decoderPages))).toBe(decoderPages);
});
