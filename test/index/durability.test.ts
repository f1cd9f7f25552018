/** What a write of the index promises: it is flushed before it resolves, and one that fails leaves the next ones alone. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { record } from './records.ts';

const run = promisify(execFile);
const source = (path: string): string => JSON.stringify(join(import.meta.dirname, '../..', path));

it('a write is flushed before it resolves, and a hundred at once share a few flushes', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-flush-'));
  try {
    await writeFile(join(folder, 'write.ts'), `
      import { writeSync } from 'node:fs';
      import { openSqliteIndex } from ${source('src/index/sqlite-index.ts')};
      import { record } from ${source('test/index/records.ts')};
      const index = await openSqliteIndex(${JSON.stringify(join(folder, 'index.sqlite'))});
      writeSync(1, 'OPEN');
      await index.addInstance(record());
      writeSync(1, 'ONE');
      await Promise.all(Array.from({ length: 100 }, (_, at) => index.addInstance(record({ instance: '1.2.3.1.1' + at }))));
      writeSync(1, 'HUNDRED');
    `);
    try {
      await run('strace', ['-f', '-y', '-e', 'trace=fsync,fdatasync,write', '-o', join(folder, 'trace'), process.execPath, join(folder, 'write.ts')]);
    } catch (error) {
      const absent = error instanceof Error && /ENOENT|ptrace/u.test(error.message);
      if (!absent || process.env['PHOI_PEERS'] === 'required') throw error;
      process.stderr.write('SKIPPED: strace is missing or forbidden, the flushes of the index are not looked at\n');
      return context.skip();
    }
    const trace = await readFile(join(folder, 'trace'), 'utf8');
    const between = (from: string, to: string): number =>
      trace.slice(trace.indexOf(`"${from}"`), trace.indexOf(`"${to}"`)).match(/f(?:data)?sync\(\d+<[^>]*index\.sqlite-wal>/gu)?.length ?? 0;
    expect(between('OPEN', 'ONE')).toBeGreaterThanOrEqual(1);
    expect(between('ONE', 'HUNDRED')).toBeGreaterThanOrEqual(1);
    expect(between('ONE', 'HUNDRED')).toBeLessThanOrEqual(4);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('a batch that the disk lets neither commit nor roll back is refused with the reason, and the next write is taken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-batch-'));
  const index = await openSqliteIndex(join(folder, 'index.sqlite'));
  const exec = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec')!.value as (this: DatabaseSync, sql: string) => void;
  let isBroken = true;
  const faulty = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
    if (isBroken && /^(?:COMMIT|ROLLBACK)$/u.test(sql)) throw new Error(`disk I/O error at ${sql}`);
    exec.call(this, sql);
  });
  try {
    await expect(index.addInstance(record())).rejects.toThrow('disk I/O error at COMMIT');
    isBroken = false;
    await index.addInstance(record({ instance: '1.2.3.1.12' }));
    expect((await index.summaries(record().studyInstanceUID)).map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['1.2.3.1.12']);
  } finally {
    faulty.mockRestore();
    await index.close();
    await rm(folder, { recursive: true, force: true });
  }
});
