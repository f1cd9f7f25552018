/** Writes the published schemas; run after a change of `manifest.ts` or of `findings/schema.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FindingsSchema } from '../findings/schema.ts';
import { ModelManifest } from './manifest/manifest.ts';
import { ModelManifest1 } from './manifest/version-1.ts';

const lineWidth = 140;

/** As `JSON.stringify` with an indent, but what fits stands on one line: half as long to read, and half as large. */
function layOut(value: unknown, indent: string): string {
  const line = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || indent.length + line.length <= lineWidth) return line;
  const deeper = `${indent} `;
  const parts = Array.isArray(value) ? value.map((each) => layOut(each, deeper))
    : Object.entries(value).filter(([, each]) => each !== undefined).map(([name, each]) => `${JSON.stringify(name)}: ${layOut(each, deeper)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open ?? ''}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close ?? ''}`;
}

const write = (path: string, schema: object): void => {
  writeFileSync(join(import.meta.dirname, '../..', path), `${layOut(schema, '')}\n`);
};
write('models/manifest.schema.json', ModelManifest);
write('models/manifest-v1.schema.json', ModelManifest1);
write('src/findings/findings.schema.json', FindingsSchema);
