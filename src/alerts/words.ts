/** An alert as a sentence, for messages. Screens have their own words. */
import type { Alert, Notice } from './types.ts';

const gib = 1024 ** 3;
const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

function sentence({ kind, subject, value, threshold }: Alert): string {
  switch (kind) {
    case 'failed-studies': return `${plural(value, 'study has', 'studies have')} failed analysis`;
    case 'dead-letters': return `${plural(value, 'object', 'objects')} could not be delivered to ${subject}`;
    case 'silent-modality': return `${subject} has sent nothing for ${plural(value, 'hour', 'hours')}, longer than it ever was silent`;
    case 'low-disk': return `${(value / gib).toFixed(1)} GiB are free, less than ${(threshold / gib).toFixed(1)} GiB`;
    case 'stuck-queue': return `Jobs wait, and none has ended for ${plural(value, 'minute', 'minutes')}`;
  }
}

export function headline({ event, alert }: Notice): string {
  return `Phoi: ${alert.kind} ${event}`;
}

export function explain({ event, alert }: Notice): string {
  return event === 'raised' ? `${sentence(alert)}.` : `Over: ${sentence(alert)} (last value).`;
}
