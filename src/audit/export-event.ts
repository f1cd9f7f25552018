/** What the trail tells of data that leave the service by the command line. */
import type { AuditActor, AuditEvent } from './entry.ts';

export const exportSteps = ['begun', 'study', 'finished', 'failed'] as const;

/**
 * `begun` before anything is written, `study` before the first file of that study, then `finished` or `failed`. New UIDs
 * stand in no step: with the old ones they would tie a de-identified set to its patients.
 */
export interface ExportStep {
  readonly what: (typeof exportSteps)[number];
  readonly studyInstanceUID?: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export function exportEvent({ what, studyInstanceUID, details }: ExportStep, actor: AuditActor): AuditEvent {
  return {
    kind: 'export', action: 'read', outcome: what === 'failed' ? 'minor-failure' : 'success', actor, what,
    ...(studyInstanceUID !== undefined && { studyInstanceUID }), ...(details !== undefined && { details }),
  };
}
