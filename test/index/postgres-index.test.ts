import { afterAll, beforeAll, describe } from 'vitest';
import { openPostgresIndex } from '../../src/index/postgres-index.ts';
import { silentLog } from '../../src/log.ts';
import { testStudyIndex } from '../contract/index.ts';
import { createTestDatabase, hasPostgres, type TestDatabase } from '../helpers/postgres.ts';

describe.runIf(await hasPostgres())('PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  testStudyIndex('the index in a PostgreSQL database', async () => ({
    open: (now) => openPostgresIndex(database.url, { log: silentLog(), ...(now === undefined ? {} : { now }) }),
    dispose: () => database.empty(),
  }));
});
