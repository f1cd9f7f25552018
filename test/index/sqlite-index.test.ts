import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { testStudyIndex } from '../contract/index.ts';

testStudyIndex('the index in an SQLite file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-index-'));
  return {
    open: (now) => openSqliteIndex(join(folder, 'index.sqlite'), now === undefined ? {} : { now }),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});
