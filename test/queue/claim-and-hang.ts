/** A worker process that claims one job, says so, and holds it until it is killed. */
import { openBullQueue } from '../../src/queue/bull-queue.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';

const [kind, location, prefix] = process.argv.slice(2);
const options = { leaseMs: 1_200, backoffMs: 30, pollMs: 20 };
const queue = kind === 'sqlite'
  ? openSqliteQueue(location!, options)
  : await openBullQueue({ ...options, url: location!, prefix: prefix!, names: ['analyze'] });
const claimed = await queue.claim('analyze', 'doomed', new AbortController().signal);
process.stdout.write(`claimed ${claimed!.job.id}\n`);
