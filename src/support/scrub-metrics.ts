/** Prometheus text for a support bundle: labels that name nobody stay. */
import type { Pseudonym } from './pseudonyms.ts';

const keptLabels: ReadonlySet<string> = new Set([
  'state', 'outcome', 'transport', 'method', 'route', 'status', 'le', 'quantile', 'kind', 'type', 'space', 'version', 'major', 'minor', 'patch', 'alert',
]);
const label = /(\w+)="((?:[^"\\]|\\.)*)"/gu;

export function scrubMetrics(text: string, pseudonym: Pseudonym): string {
  return text.split('\n').map((line) => (line.startsWith('#') ? line
    : line.replaceAll(label, (whole, name: string, value: string) => (keptLabels.has(name) ? whole : `${name}="${pseudonym(value)}"`)))).join('\n');
}
