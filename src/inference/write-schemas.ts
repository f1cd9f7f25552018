/** Writes the published schemas; run after a change of `manifest.ts` or of `findings/schema.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FindingsSchema } from '../findings/schema.ts';
import { ModelManifest } from './manifest.ts';

const write = (path: string, schema: object): void => {
  writeFileSync(join(import.meta.dirname, '../..', path), `${JSON.stringify(schema, undefined, 2)}\n`);
};
write('models/manifest.schema.json', ModelManifest);
write('src/findings/findings.schema.json', FindingsSchema);
