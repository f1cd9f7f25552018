import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FindingsSchema } from '../../src/findings/schema.ts';

it('the published schema of findings.json is the one in the code', () => {
  const published: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../src/findings/findings.schema.json'), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(FindingsSchema)));
});
