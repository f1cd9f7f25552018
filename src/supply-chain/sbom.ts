/**
 * The software bill of materials in CycloneDX 1.5: every package that a production installation has, as npm states it
 * from package-lock.json, and the models, which are as much part of the result as the code.
 */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256OfFile } from '../backup/files.ts';
import { listModels } from '../inference/installed-models.ts';
import { projectRoot, version } from '../settings.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly components?: readonly Component[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

export interface Sbom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const developmentProperty = 'cdx:npm:package:development';
const largestSbomBytes = 64 * 1024 ** 2;

/**
 * npm's own `--omit dev` also leaves out what a production package and an optional peer of a developers' tool share (npm
 * 11: vite and all below it), so everything is asked for, and what npm marks as needed for development only is left out here.
 */
async function packages(): Promise<Sbom> {
  const { stdout } = await promisify(execFile)('npm', ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'], { cwd: projectRoot, maxBuffer: largestSbomBytes });
  const { components, dependencies, ...rest } = JSON.parse(stdout) as Sbom;
  const kept = components.filter(({ properties }) => properties?.some(({ name }) => name === developmentProperty) !== true);
  const refs = new Set([rest.metadata.component, ...kept].map((component) => component['bom-ref']));
  return {
    ...rest, components: kept,
    dependencies: dependencies.filter(({ ref }) => refs.has(ref)).map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) })),
  };
}

async function modelComponents(modelsDir: string): Promise<readonly Component[]> {
  return Promise.all((await listModels(modelsDir)).map(async (listing) => {
    // A bill that leaves something out is worse than none.
    if ('error' in listing) throw listing.error;
    const { manifest: { id, version: modelVersion }, folder } = listing;
    const ref = `model/${id}@${modelVersion}`;
    const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name).sort();
    const components = await Promise.all(names.map(async (name): Promise<Component> => (
      { 'bom-ref': `${ref}/${name}`, type: 'file', name, hashes: [{ alg: 'SHA-256', content: await sha256OfFile(join(folder, name)) }] })));
    return { 'bom-ref': ref, type: 'machine-learning-model', name: id, version: modelVersion, components };
  }));
}

/** @throws AppError MODEL_MANIFEST_INVALID for a broken model; of npm when package-lock.json cannot be read */
export async function makeSbom(modelsDir = join(projectRoot, 'models')): Promise<Sbom> {
  const [bill, models] = await Promise.all([packages(), modelComponents(modelsDir)]);
  // npm names the folder that the project happens to lie in.
  const component = { ...bill.metadata.component, name: 'phoi', version };
  return { ...bill, metadata: { ...bill.metadata, component }, components: [...bill.components, ...models] };
}
