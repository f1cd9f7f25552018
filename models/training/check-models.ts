/** Loads the packaged models with the service's own runtime: hashes, graphs and test vectors. */
import { loadPipeline } from '../../src/inference/registry.ts';

const [folder = 'models', detector = 'lung-nodule-detector'] = process.argv.slice(2);
const pipeline = await loadPipeline(folder, detector, { threads: 2 });
process.stdout.write(`${pipeline.identity.id} ${pipeline.identity.version}: loads, and answers its test vectors\n`);
await pipeline.release();
