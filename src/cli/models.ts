/** `phoi models`: what is installed, whether it is what its manifests say, and what is in use. */
import { basename, dirname } from 'node:path';
import { stat } from 'node:fs/promises';
import { toAppError } from '../errors.ts';
import { parseModelName } from '../inference/registry.ts';
import { openQueue } from '../queue/open.ts';
import { createModelRegistry, type ListedModel, type ModelRegistry } from '../registry/model-registry.ts';
import { readSettings } from '../settings.ts';
import { UsageError, onePath, readArguments, type Command, type ExitCode } from './command.ts';

const checkMemoryMiB = 6144;

function row({ listing, role }: ListedModel): Record<string, unknown> {
  if ('error' in listing) return { id: listing.id, folder: listing.place, error: { code: listing.error.code, message: listing.error.message } };
  const { id, version, task, name } = listing.manifest;
  return { id, version, task, sha256: 'sha256' in listing.manifest ? listing.manifest.sha256 : '', name, role, folder: listing.place };
}

function line({ listing, role }: ListedModel): string {
  if ('error' in listing) return `${listing.place.padEnd(34)} ${listing.error.code}: ${listing.error.message}`;
  const { id, version, task, name } = listing.manifest;
  return `${`${id}@${version}`.padEnd(34)} ${task.padEnd(20)} ${(role === 'none' ? '' : role).padEnd(9)} ${name}`;
}

async function list(registry: ModelRegistry, json: boolean): Promise<ExitCode> {
  const models = await registry.list();
  if (json) console.log(JSON.stringify(models.map(row), undefined, 2));
  else console.log(models.length === 0 ? 'There is no model.' : models.map(line).join('\n'));
  return models.some(({ listing }) => 'error' in listing) ? 1 : 0;
}

/** Hash, schema, names and shapes against the graph, and the answer to the test vector. */
async function check(registry: ModelRegistry, names: readonly string[], json: boolean): Promise<ExitCode> {
  const wanted = names.length > 0 ? names : (await registry.list()).map(({ id, version }) => (version === undefined ? id : `${id}@${version}`));
  const results: { id: string; ok: boolean; code?: string; message?: string }[] = [];
  for (const id of wanted) {
    try {
      await registry.check(id);
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

async function add(registry: ModelRegistry, path: string, manifest: string | undefined, json: boolean): Promise<ExitCode> {
  const isFolder = (await stat(path)).isDirectory();
  if (!isFolder && manifest === undefined) throw new UsageError(`${basename(path)} is no folder: say --manifest`);
  const { model, isNew } = await registry.add({
    folder: isFolder ? path : dirname(path), ...(isFolder ? {} : { graphPath: path }), ...(manifest === undefined ? {} : { manifestPath: manifest }),
  });
  const { id, version } = model.manifest;
  console.log(json ? JSON.stringify({ id, version, isNew }) : `${id}@${version}: ${isNew ? 'added' : 'was there already'}`);
  return 0;
}

async function use(registry: ModelRegistry, name: string, shadows: readonly string[], json: boolean): Promise<ExitCode> {
  const installed = await registry.list();
  const full = (wanted: string): { id: string; version: string } => {
    const { id, version } = parseModelName(wanted);
    const found = installed.filter((model) => model.id === id && model.version !== undefined && (version === undefined || model.version === version));
    const [only] = found;
    if (only?.version === undefined || found.length > 1) throw new UsageError(found.length > 1 ? `there are several versions of ${id}: say ${id}@VERSION` : `there is no model ${wanted}`);
    return { id, version: only.version };
  };
  const active = { champion: full(name), shadows: shadows.map(full) };
  await registry.activate(active);
  const said = [`${active.champion.id}@${active.champion.version} reads the studies to come`, ...active.shadows.map(({ id, version }) => `${id}@${version} runs along`)];
  console.log(json ? JSON.stringify(active) : said.join('\n'));
  return 0;
}

export const models: Command = {
  summary: 'lists, adds, checks, removes and chooses models',
  usage: [
    'phoi models list [--json]',
    'phoi models check [ID[@VERSION]…] [--json]',
    'phoi models add FOLDER [--json]',
    'phoi models add GRAPH.onnx --manifest MODEL.json [--json]',
    'phoi models remove ID[@VERSION] [--json]',
    'phoi models use ID[@VERSION] [--shadow ID[@VERSION]]… [--json]',
    'The folder is models/ beside the program, or PHOI_MODELS_DIR. A model is checked in a process of its own before it is added or used.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, { manifest: { type: 'string' }, shadow: { type: 'string', multiple: true } });
    const [action, ...rest] = positionals;
    const settings = readSettings(process.env);
    const { json } = values;
    const deps = {
      modelsDir: settings.modelsDir, dataDir: settings.dataDir, defaultModel: settings.model,
      limits: { timeoutMs: settings.job.timeoutSeconds * 1000, maxMemoryBytes: checkMemoryMiB * 1024 ** 2 },
    };
    const registry = createModelRegistry(deps);
    if (action === 'list' && rest.length === 0) return list(registry, json);
    if (action === 'check') return check(registry, rest, json);
    if (action === 'add') return add(registry, onePath(rest, 'FOLDER or GRAPH.onnx'), values.manifest, json);
    if (action === 'use') return use(registry, onePath(rest, 'ID'), values.shadow ?? [], json);
    if (action !== 'remove') throw new UsageError('say list, check, add, remove or use');
    const queue = await openQueue(settings);
    try {
      const { manifest: { id, version } } = await createModelRegistry({ ...deps, queue }).remove(onePath(rest, 'ID'));
      console.log(json ? JSON.stringify({ id, version }) : `${id}@${version}: removed`);
      return 0;
    } finally {
      await queue.close();
    }
  },
};
