/** What every instance archive must do; each implementation runs it through its own factory. */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstanceArchive, StoredBlob } from '../../src/archive/port.ts';

export interface ArchiveFixture {
  /** The same archive again each time, as after a restart. */
  open(): Promise<InstanceArchive>;
  dispose(): Promise<void>;
}

/** Commits and goes no further, as a process that is killed at that moment. */
export async function commitOnly(archive: InstanceArchive, bytes: Uint8Array, chunkBytes = 16 * 1024): Promise<StoredBlob & { readonly settle: () => Promise<void> }> {
  const blob = await archive.begin();
  for (let at = 0; at < bytes.length; at += chunkBytes) await blob.write(bytes.subarray(at, at + chunkBytes));
  return { ...await blob.commit(), settle: () => blob.discard() };
}

export async function store(archive: InstanceArchive, bytes: Uint8Array, chunkBytes?: number): Promise<StoredBlob> {
  const { settle, ...stored } = await commitOnly(archive, bytes, chunkBytes);
  await settle();
  return stored;
}

async function listed(source: AsyncIterable<string>): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const key of source) keys.push(key);
  return keys.sort();
}

export function testInstanceArchive(name: string, createFixture: () => Promise<ArchiveFixture>): void {
  describe(name, () => {
    let fixture: ArchiveFixture;
    let archive: InstanceArchive;
    beforeEach(async () => {
      fixture = await createFixture();
      archive = await fixture.open();
    });
    afterEach(() => fixture.dispose());

    it.each([0, 1, 16 * 1024, 256 * 1024, 256 * 1024 + 1, 3_000_001])('gives back the %i bytes that it was given', async (size) => {
      const bytes = randomBytes(size);
      const blob = await store(archive, bytes, 100_000);
      expect(blob).toMatchObject({ sizeBytes: size, sha256: createHash('sha256').update(bytes).digest('hex'), fresh: true });
      expect(Buffer.compare(await archive.read(blob.key), bytes)).toBe(0);
      expect(Buffer.compare(await buffer(await archive.stream(blob.key)), bytes)).toBe(0);
      expect(Buffer.compare(await readFile(archive.path(blob.key)), bytes)).toBe(0);
    });

    it('gives back a part', async () => {
      const bytes = randomBytes(100_000);
      const { key } = await store(archive, bytes);
      expect(Buffer.compare(await archive.readRange(key, 70_001, 1_234), bytes.subarray(70_001, 71_235))).toBe(0);
      expect((await archive.readRange(key, 100_000, 0)).length).toBe(0);
      await expect(archive.readRange(key, 99_999, 2)).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    });

    it('keeps the same bytes once, whoever commits them, also at the same time', async () => {
      const bytes = randomBytes(300_000);
      const blobs = await Promise.all(Array.from({ length: 8 }, () => store(archive, bytes)));
      expect(new Set(blobs.map(({ key }) => key)).size).toBe(1);
      expect((await store(archive, bytes)).fresh).toBe(false);
      expect(await listed(archive.keys())).toEqual([blobs[0]!.key]);
      expect(Buffer.compare(await archive.read(blobs[0]!.key), bytes)).toBe(0);
    });

    it('is not confused by a sender that uses its buffer again', async () => {
      const blob = await archive.begin();
      const chunk = Buffer.alloc(1000, 1);
      await blob.write(chunk);
      chunk.fill(2);
      await blob.write(chunk);
      const { key } = await blob.commit();
      expect([...new Set(await archive.read(key))]).toEqual([1, 2]);
    });

    it('shows what was written so far under the temporary path', async () => {
      const blob = await archive.begin();
      await blob.write(Buffer.from('the header'));
      await blob.flush();
      expect(await readFile(blob.temporaryPath, 'utf8')).toBe('the header');
      await blob.discard();
    });

    it('keeps nothing of what is discarded, and discards twice or after a commit without harm', async () => {
      const blob = await archive.begin();
      await blob.write(randomBytes(500_000));
      await blob.discard();
      await blob.discard();
      expect(await listed(archive.keys())).toEqual([]);
      const kept = await archive.begin();
      await kept.write(Buffer.from('kept'));
      const { key } = await kept.commit();
      await kept.discard();
      expect(await archive.has(key)).toBe(true);
    });

    it('takes away what an index has given up, unless it is needed again, also after a crash in between', async () => {
      const [gone, needed, cut] = await Promise.all(['gone', 'needed', 'cut'].map((text) => store(archive, Buffer.from(text))));
      await archive.retire(gone!.key, async () => false);
      await archive.retire(needed!.key, async () => true);
      await archive.retire(gone!.key, async () => false);
      expect(await listed(archive.keys())).toEqual([needed!.key, cut!.key].sort());
      await expect(archive.retire(cut!.key, () => Promise.reject(new Error('the process ends here')))).rejects.toThrow('ends here');
      archive = await fixture.open();
      expect(await archive.settleRetired(async (key) => key === cut!.key)).toBe(1);
      expect(await archive.settleRetired(async () => false)).toBe(0);
      expect(await listed(archive.keys())).toEqual([needed!.key, cut!.key].sort());
      expect(Buffer.from(await archive.read(cut!.key)).toString()).toBe('cut');
    });

    it('has the bytes that were committed again while they were being taken away', async () => {
      const bytes = randomBytes(300_000);
      const { key } = await store(archive, bytes);
      const blob = await archive.begin();
      await blob.write(bytes);
      expect((await blob.commit()).fresh).toBe(false);
      await archive.retire(key, async () => false);
      await blob.secure();
      await blob.discard();
      expect(Buffer.compare(await archive.read(key), bytes)).toBe(0);
    });

    it('answers with a code where there is nothing, and never leaves its folder', async () => {
      const absent = `${'0'.repeat(64)}-5`;
      expect(await archive.has(absent)).toBe(false);
      await expect(archive.read(absent)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
      await expect(archive.stream(absent)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
      for (const key of ['../../etc/passwd', '', `${'0'.repeat(64)}-5/..`, `${'A'.repeat(64)}-5`]) {
        expect(await archive.has(key)).toBe(false);
        await expect(archive.read(key)).rejects.toMatchObject({ code: 'ARCHIVE_NOT_FOUND' });
        expect(() => archive.path(key)).toThrow(expect.objectContaining({ code: 'ARCHIVE_NOT_FOUND' }) as Error);
      }
    });

    it('has everything again after a restart', async () => {
      const first = await store(archive, Buffer.from('first'));
      archive = await fixture.open();
      expect(await archive.has(first.key)).toBe(true);
      const second = await store(archive, Buffer.from('second'));
      expect(await listed(archive.keys())).toEqual([first.key, second.key].sort());
    });

    it('remembers after a restart what was committed and not yet settled, until it was told', async () => {
      const settled = await archive.begin();
      await settled.write(Buffer.from('settled'));
      await settled.commit();
      await settled.discard();
      const unsettled = await commitOnly(archive, randomBytes(400_000));
      const unfinished = await archive.begin();
      await unfinished.write(Buffer.from('half'));
      archive = await fixture.open();
      const told: string[] = [];
      for await (const { key } of archive.unsettled()) told.push(key);
      expect(told).toEqual([unsettled.key]);
      for await (const { key, settle } of archive.unsettled()) {
        told.push(key);
        await settle();
      }
      for await (const { key } of archive.unsettled()) told.push(key);
      expect(told).toEqual([unsettled.key, unsettled.key]);
      expect(await archive.has(unsettled.key)).toBe(true);
      await unfinished.discard();
    });

    it('takes a blob back', async () => {
      const { key } = await store(archive, Buffer.from('never acknowledged'));
      await archive.remove(key);
      await archive.remove(key);
      expect(await archive.has(key)).toBe(false);
      await archive.remove(`${'0'.repeat(64)}-5`);
    });

    it('knows how much room there is', async () => {
      expect(await archive.freeBytes()).toBeGreaterThan(0);
      expect(await archive.totalBytes()).toBeGreaterThan(await archive.freeBytes());
    });
  });
}
