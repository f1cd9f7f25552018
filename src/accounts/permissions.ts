/** What a request may need, and which role may do it. */
export const permissions = [
  /** Worklist, studies, findings, reports, images over DICOMweb. */
  'study.read',
  /** Uploads and STOW-RS. */
  'study.store',
  /** Completing, analysing again, priorities. */
  'study.manage',
  /** Drafts, locks, measuring. */
  'review.write',
  'review.sign',
  /** Jobs and deliveries: retry, cancel, resend. */
  'operations.manage',
  'dashboard.read',
  'models.manage',
  'accounts.manage',
  /** Entries of the command line in the audit trail: exports. */
  'audit.append',
  /** Metrics, readiness, the description of the interface. */
  'service.read',
] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['radiologist', 'administrator', 'researcher', 'service'] as const;
export type Role = (typeof roles)[number];

const everybody: readonly Permission[] = ['study.read', 'service.read'];

export const permissionsOf: Readonly<Record<Role, readonly Permission[]>> = {
  radiologist: [...everybody, 'study.store', 'study.manage', 'review.write', 'review.sign', 'dashboard.read'],
  // An administrator runs the service and does not sign reports.
  administrator: [...everybody, 'study.store', 'study.manage', 'operations.manage', 'dashboard.read', 'models.manage', 'accounts.manage', 'audit.append'],
  researcher: [...everybody, 'models.manage'],
  service: [...everybody, 'study.store'],
};

/** What reaches beyond any site: nobody may it who is limited to some, whatever the role. */
const ofWholeService: ReadonlySet<Permission> = new Set<Permission>(['operations.manage', 'models.manage', 'accounts.manage', 'audit.append']);

export function isAllowed({ roles: held, sites }: { readonly roles: readonly Role[]; readonly sites?: readonly string[] }, permission: Permission): boolean {
  if (sites !== undefined && ofWholeService.has(permission)) return false;
  return held.some((role) => permissionsOf[role].includes(permission));
}
