/**
 * Receives slices without end and says each SOP Instance UID once it is acknowledged. The test kills this process.
 * Arguments: data folder, number of the run.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import { createStudyService } from '../../src/study/study-service.ts';
import { slice, stream } from './instances.ts';

const [dataDir = '', run = ''] = process.argv.slice(2);
const archive = await openFileArchive(dataDir);
const index = await openSqliteIndex(join(dataDir, 'index.sqlite'));
const service = createStudyService({ archive, index, log: silentLog(), settings: { quietSeconds: 30 } });
await service.resume();
writeSync(1, 'ready\n');

let next = 0;
async function association(): Promise<void> {
  for (;;) {
    next += 1;
    const file = slice(next, {}, { study: `1.2.${run}`, series: `1.2.${run}.${next % 3}` });
    const { sopInstanceUID } = await service.receive(stream(file, 150), { transport: 'dimse' });
    // Straight to the pipe: what is said has left the process, as a DIMSE response would have.
    writeSync(1, `${sopInstanceUID}\n`);
  }
}
await Promise.all(Array.from({ length: 4 }, association));
