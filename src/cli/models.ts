/** `phoi models`: what is in the models folder, and whether it is what its manifests say. */
import { toAppError } from '../errors.ts';
import { listModels, loadPipeline, readManifest, verifyModel } from '../inference/registry.ts';
import { readSettings } from '../settings.ts';
import { UsageError, readArguments, type Command, type ExitCode } from './command.ts';

async function list(modelsDir: string, json: boolean): Promise<ExitCode> {
  const listings = await listModels(modelsDir);
  if (json) {
    console.log(JSON.stringify(listings.map((listing) => ('error' in listing
      ? { id: listing.id, error: { code: listing.error.code, message: listing.error.message } }
      : { id: listing.id, version: listing.manifest.version, task: listing.manifest.task, sha256: listing.manifest.sha256, name: listing.manifest.name })), undefined, 2));
  } else {
    for (const listing of listings) {
      console.log('error' in listing
        ? `${listing.id.padEnd(28)} ${listing.error.code}: ${listing.error.message}`
        : `${listing.id.padEnd(28)} ${listing.manifest.version.padEnd(8)} ${listing.manifest.task.padEnd(20)} ${listing.manifest.sha256.slice(0, 12)}  ${listing.manifest.name}`);
    }
    if (listings.length === 0) console.log('There is no model.');
  }
  return listings.some((listing) => 'error' in listing) ? 1 : 0;
}

/** Hash, schema, names and shapes against the graph, and the answer to the test vector. */
async function check(modelsDir: string, ids: readonly string[], json: boolean): Promise<ExitCode> {
  const wanted = ids.length > 0 ? ids : (await listModels(modelsDir)).map(({ id }) => id);
  const results: { id: string; ok: boolean; code?: string; message?: string }[] = [];
  for (const id of wanted) {
    try {
      const manifest = await readManifest(modelsDir, id);
      if (manifest.task === 'detector') await (await loadPipeline(modelsDir, id)).release();
      else await verifyModel(modelsDir, manifest);
      results.push({ id, ok: true });
    } catch (error) {
      const { code, message } = toAppError(error);
      results.push({ id, ok: false, code, message });
    }
  }
  if (json) console.log(JSON.stringify(results, undefined, 2));
  else for (const { id, ok, code, message } of results) console.log(ok ? `${id}: good` : `${id}: ${code}: ${message}`);
  return results.length > 0 && results.every(({ ok }) => ok) ? 0 : 1;
}

export const models: Command = {
  summary: 'lists and checks the models',
  usage: [
    'phoi models list [--json]',
    'phoi models check [ID…] [--json]',
    'The folder is models/ beside the program, or PHOI_MODELS_DIR.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, {});
    const [action, ...rest] = positionals;
    const { modelsDir } = readSettings(process.env);
    const { json } = values;
    if (action === 'list' && rest.length === 0) return list(modelsDir, json);
    if (action === 'check') return check(modelsDir, rest, json);
    throw new UsageError('say list or check');
  },
};
