/** The SCP and what stands behind it as a process of its own, so that a test can kill it: `service-process.ts DATADIR PORT`. */
import { startRealService } from './real-service.ts';

const [dataDir, port] = process.argv.slice(2);
await startRealService({ dataDir: dataDir!, port: Number(port) });
process.stdout.write('ready\n');
