/** The models folder as screens and scripts see it. */
import type { ModelSummary } from './http/deps.ts';
import { listModels } from './inference/registry.ts';

/** Broken folders are left out here; `phoi models check` names what is wrong with them. */
export async function summarizeModels(modelsDir: string, inUse: string): Promise<readonly ModelSummary[]> {
  const listings = await listModels(modelsDir);
  const used = listings.find(({ id }) => id === inUse);
  const chained = used !== undefined && 'manifest' in used && used.manifest.task === 'detector' ? used.manifest.chain?.candidateClassifier : undefined;
  return listings.flatMap((listing) => ('error' in listing ? [] : [{
    id: listing.id, version: listing.manifest.version, name: listing.manifest.name, task: listing.manifest.task,
    sha256: listing.manifest.sha256, inUse: listing.id === inUse || listing.id === chained,
  }]));
}
