/** Writes `models/manifest.schema.json`; run after a change of `manifest.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelManifest } from './manifest.ts';

const path = join(import.meta.dirname, '../../models/manifest.schema.json');
writeFileSync(path, `${JSON.stringify(ModelManifest, undefined, 2)}\n`);
