/** What everything must do that an analysis reads instances from; each implementation runs it through its own factory. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstanceReader } from '../../src/archive/port.ts';
import { slice } from '../study/instances.ts';

export interface ReaderFixture {
  /** A reader of these Part 10 files, and the key of each. */
  open(files: readonly Uint8Array[]): Promise<{ readonly reader: InstanceReader; readonly keys: readonly string[] }>;
  dispose(): Promise<void>;
}

export function testInstanceReader(name: string, createFixture: () => Promise<ReaderFixture>): void {
  describe(name, () => {
    let fixture: ReaderFixture;
    beforeEach(async () => { fixture = await createFixture(); });
    afterEach(() => fixture.dispose());

    const files = [8, 64, 512, 1024].map((size, n) => slice(n, { Rows: [size], Columns: [size] }, n === 3 ? { series: '1.2.3.9' } : {}));

    it('gives every file whole, in any order, more than once and at the same time', async () => {
      const { reader, keys } = await fixture.open(files);
      for (const n of [3, 0, 2, 1, 0]) expect(Buffer.compare(await reader.read(keys[n]!), files[n]!)).toBe(0);
      const together = await Promise.all(keys.map((key) => reader.read(key)));
      expect(together.map((bytes, n) => Buffer.compare(bytes, files[n]!))).toEqual([0, 0, 0, 0]);
    });

    it('says by a code that it holds no such blob', async () => {
      const { reader } = await fixture.open(files.slice(0, 1));
      for (const key of [`${'0'.repeat(64)}-5`, '../../etc/passwd', '']) await expect(reader.read(key)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
    });
  });
}
