import type { Finding } from '../api/types.ts';

/**
 * Whether the volume of a finding is shown. The reports' rule (`src/findings/notes.ts`); the viewer takes only types from
 * there, so a test holds the two together.
 */
const withoutVolume: ReadonlySet<string> = new Set(['gap-nearby', 'not-segmented', 'at-scan-edge']);

export function statesVolume(finding: Pick<Finding, 'notes'>): boolean {
  return !(finding.notes ?? []).some((note) => withoutVolume.has(note));
}
