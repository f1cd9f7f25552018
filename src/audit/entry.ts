/**
 * One entry of the audit trail: who did what to which study, when, and what came of it. It holds UIDs, addresses and
 * names of accounts, never a patient's name or number.
 */
export const auditKinds = [
  'service-started', 'service-stopped', 'configuration-changed',
  'study-received', 'study-accessed', 'study-query', 'login', 'logout', 'access-refused',
  'study-deleted', 'analysis-result', 'delivery', 'review', 'administration', 'export', 'trail-repaired',
] as const;
export type AuditKind = (typeof auditKinds)[number];

/** DICOM PS3.15 A.5: create, read, update, delete, execute. */
export type AuditAction = 'create' | 'read' | 'update' | 'delete' | 'execute';
export type AuditOutcome = 'success' | 'minor-failure' | 'serious-failure';

export interface AuditActor {
  /** A person's or a peer's name as the service knows it; `phoi` for the service itself, `anonymous` without accounts. */
  readonly name: string;
  readonly address?: string;
  readonly kind: 'service' | 'person' | 'peer';
}

type Detail = string | number | boolean | readonly string[];

export interface AuditEvent {
  readonly kind: AuditKind;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  readonly actor: AuditActor;
  readonly studyInstanceUID?: string;
  /** Stable words for what exactly happened: `signed`, `reanalyse`, the route … */
  readonly what: string;
  readonly details?: Readonly<Record<string, Detail>>;
}

export interface AuditEntry extends AuditEvent {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Hash of the entry before; 64 zeros before the first. */
  readonly previousHash: string;
  /** SHA-256 over everything above in canonical form. */
  readonly hash: string;
}
