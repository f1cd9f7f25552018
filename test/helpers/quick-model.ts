/** Settings for a service whose tests are about jobs and reports, not about what is found: a model that marks nothing, in no time. */
import { join } from 'node:path';

export const quickModel = { modelsDir: join(import.meta.dirname, '../inference/fixtures/bad'), model: 'behaves' } as const;
