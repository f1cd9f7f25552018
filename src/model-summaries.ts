/** The models folder as screens and scripts see it. */
import type { ModelSummary } from './http/deps.ts';
import type { ModelRegistry } from './registry/model-registry.ts';

/** Broken folders are left out here; `phoi models list` names what is wrong with them. */
export async function summarizeModels(registry: Pick<ModelRegistry, 'list'>): Promise<readonly ModelSummary[]> {
  return (await registry.list()).flatMap(({ listing, role }) => {
    if ('error' in listing) return [];
    const { id, version, name, task } = listing.manifest;
    return [{ id, version, name, task, sha256: 'sha256' in listing.manifest ? listing.manifest.sha256 : '', inUse: role === 'champion' || role === 'part', role }];
  });
}
