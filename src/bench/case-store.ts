/** Results of cases as files: what was analysed once is not analysed again, also after a kill. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../durable-files.ts';
import { isMissing } from '../system-error.ts';
import type { BenchCase, BenchModel, CaseResult } from './types.ts';

export interface CaseStore {
  keyOf(one: BenchCase, model: BenchModel): string;
  /** The stored result; undefined where there is none, or one of other files, another model or another version. */
  find(one: BenchCase, model: BenchModel): Promise<CaseResult | undefined>;
  save(one: BenchCase, model: BenchModel, result: CaseResult): Promise<void>;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function isResult(value: unknown): value is CaseResult {
  return typeof value === 'object' && value !== null && 'schemaVersion' in value && value.schemaVersion === 1 && 'outcome' in value && 'marks' in value && Array.isArray(value.marks);
}

/** Names of files are hashes: a series may be called anything. */
export function createCaseStore(folder: string, softwareVersion: string): CaseStore {
  const pathOf = (one: BenchCase, model: BenchModel): string => join(folder, 'cases', sha256(one.id).slice(0, 32), `${model.id}.json`);
  const keyOf = (one: BenchCase, model: BenchModel): string => sha256(JSON.stringify([one.id, one.fingerprint, model.sha256, model.manifestSha256, softwareVersion]));
  return {
    keyOf,
    async find(one, model) {
      let stored: unknown;
      try {
        stored = JSON.parse(await readFile(pathOf(one, model), 'utf8'));
      } catch (error) {
        if (error instanceof SyntaxError || isMissing(error)) return undefined;
        throw error;
      }
      return isResult(stored) && stored.key === keyOf(one, model) ? stored : undefined;
    },
    save: (one, model, result) => writeDurably(pathOf(one, model), `${JSON.stringify(result)}\n`),
  };
}
