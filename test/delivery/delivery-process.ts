/** Delivery over an existing index and archive as a process of its own, so that a test can kill it: `DATADIR PORT AETITLE`. */
import { join } from 'node:path';
import { openFileArchive } from '../../src/archive/file-archive.ts';
import { startDelivery } from '../../src/delivery/delivery.ts';
import { startDimseScp } from '../../src/dimse/scp.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import { recordingStudy } from '../dimse/helpers/recording-study.ts';

const [dataDir, port, aeTitle, ownPort] = process.argv.slice(2) as [string, string, string, string];
const delivery = startDelivery({
  destinations: [{
    name: 'pacs', kind: 'dimse', host: '127.0.0.1', port: Number(port), aeTitle,
    confirm: { by: 'commitment', afterSeconds: 0.2, timeoutSeconds: 2, maxAttempts: 100 },
  }],
  index: await openSqliteIndex(join(dataDir, 'index.sqlite')), archive: await openFileArchive(dataDir),
  aeTitle: 'PHOI', log: silentLog(), pollMs: 50, retry: { firstMs: 50, maxMs: 200 },
});
await startDimseScp({
  host: '127.0.0.1', port: Number(ownPort), aeTitle: 'PHOI', study: recordingStudy(), log: silentLog(), peers: [{ aeTitle: 'CT1' }],
  reports: { take: (report) => delivery.reported(report), from: delivery.reporters },
});
process.stdout.write('ready\n');
