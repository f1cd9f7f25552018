/**
 * How the settings name objects. The signed ones have roles of their own (`review-sr`), those of the AI may be told
 * apart in the same way (`ai-sr`), and `sr` alone means both: who asks for reports gets the radiologist's too.
 */
import { matchesPattern } from './condition.ts';

const signedPrefix = 'review-';
const analysedPrefix = 'ai-';
const signedRoles = ['sr', 'seg', 'ko'];

/** Which forms of the result are made, as the settings `results` say it. */
export interface MadeForms {
  readonly secondaryCapture: boolean;
  readonly pdf: boolean;
  readonly chestCadSr: boolean;
  readonly enhancedSr: boolean;
  readonly labelmap: boolean;
}

const optional: readonly (readonly [role: string, setting: keyof MadeForms])[] = [
  ['sc', 'secondaryCapture'], ['pdf', 'pdf'], ['cad-sr', 'chestCadSr'], ['enhanced-sr', 'enhancedSr'], ['labelmap', 'labelmap'],
];

export function isAmong(role: string, patterns: readonly string[]): boolean {
  const plain = role.startsWith(signedPrefix) ? role.slice(signedPrefix.length) : role;
  const names = plain === role ? [role, analysedPrefix + role] : [role, plain];
  return patterns.some((pattern) => names.some((name) => matchesPattern(name, pattern)));
}

/** Why nothing will ever have one of these roles: "0: …"; undefined when each may get something. */
export function idleRole(patterns: readonly string[], forms: MadeForms): string | undefined {
  // A rejection note goes to whoever got what it rejects, asked for or not.
  const made = ['sr', 'seg', 'pr', 'ko', 'rejection', ...signedRoles.map((role) => signedPrefix + role), ...optional.flatMap(([role, setting]) => (forms[setting] ? [role] : []))];
  const at = patterns.findIndex((pattern) => !made.some((role) => isAmong(role, [pattern])));
  if (at < 0) return undefined;
  const off = optional.find(([role]) => isAmong(role, [patterns[at]!]));
  return `${at}: ${off === undefined ? `no object has the role ${patterns[at]!}` : `${off[0]} is not made, results.${off[1]} is false`}`;
}
