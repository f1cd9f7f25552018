import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { validateManifest } from '../../src/inference/manifest/validate.ts';

const root = join(import.meta.dirname, '../..');
const readJson = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(root, ...path), 'utf8')) as unknown;
const examples = readdirSync(join(root, 'docs/examples')).filter((name) => name.endsWith('.json'));

it('every example of the documentation is a right manifest, by the runtime and by the published schema', () => {
  expect(examples.length).toBeGreaterThanOrEqual(5);
  const published = new Ajv({ strict: false }).compile(readJson('models/manifest.schema.json') as object);
  for (const name of examples) {
    const manifest = readJson('docs/examples', name);
    expect(validateManifest(manifest), name).toEqual(manifest);
    expect(published(manifest), name).toBe(true);
  }
});

it('the shipped manifests fit the schema of their version', () => {
  const ajv = new Ajv({ strict: false });
  const schemas = { 1: ajv.compile(readJson('models/manifest-v1.schema.json') as object), 2: ajv.compile(readJson('models/manifest.schema.json') as object) };
  for (const id of ['lung-nodule-detector', 'lung-nodule-classifier']) {
    const manifest = readJson('models', id, 'model.json') as { readonly manifestVersion: '1' | '2' };
    expect(schemas[manifest.manifestVersion](manifest), id).toBe(true);
  }
});
