/** Which conditions hold, from the figures that the dashboard shows. */
import type { DashboardFigures, SenderActivity } from '../index/port.ts';
import type { AlertThresholds } from './settings.ts';
import type { Condition } from './types.ts';

export interface AlertFigures {
  readonly nowMs: number;
  readonly states: DashboardFigures['states'];
  readonly senders: readonly SenderActivity[];
  /** Deliveries that were given up, by destination. */
  readonly failedDeliveries: readonly { readonly destination: string; readonly count: number }[];
  readonly freeBytes: number;
  /** How long jobs have waited without one that ended; 0 when none waits. */
  readonly queueStillMs: number;
}

const hourMs = 3_600_000;
/** A low disk is over with so much more free, so that it does not come and go with every study. */
const diskRecovery = 1.1;
const subjectLength = 80;

/** Station and AE title come from a sender: only printable characters, and not too many. */
function deviceName({ callingAETitle, station, modality }: SenderActivity): string {
  return [callingAETitle, station, modality].map((part) => part.replaceAll(/\p{C}/gu, '').trim()).filter((part) => part !== '').join(' · ').slice(0, subjectLength);
}

/** Whoever sees some devices only is told of their silence only. */
export function visibleTo<A extends Pick<Condition, 'kind' | 'subject'>>(senders: readonly SenderActivity[], alerts: readonly A[]): A[] {
  const names = new Set(senders.map(deviceName));
  return alerts.filter(({ kind, subject }) => kind !== 'silent-modality' || names.has(subject));
}

function silent({ senders, nowMs }: AlertFigures, threshold: number): readonly Condition[] {
  return senders.flatMap((sender) => {
    const value = (nowMs - Date.parse(sender.lastArrivalAt)) / hourMs;
    return sender.isOverdue && value >= threshold ? [{ kind: 'silent-modality' as const, subject: deviceName(sender), value: Math.floor(value), threshold }] : [];
  });
}

/** `isActive` tells what was wrong before. A threshold of 0 turns its condition off. */
export function conditionsOf(figures: AlertFigures, thresholds: AlertThresholds, isActive: (condition: Pick<Condition, 'kind' | 'subject'>) => boolean): readonly Condition[] {
  const { failedStudies, deadLetters, silentHours, freeBytes, stuckMinutes } = thresholds;
  const failed = figures.states.failed ?? 0;
  const diskLimit = isActive({ kind: 'low-disk', subject: '' }) ? freeBytes * diskRecovery : freeBytes;
  const stillMinutes = figures.queueStillMs / 60_000;
  return [
    ...(failedStudies > 0 && failed >= failedStudies ? [{ kind: 'failed-studies' as const, subject: '', value: failed, threshold: failedStudies }] : []),
    ...(deadLetters > 0 ? figures.failedDeliveries.filter(({ count }) => count >= deadLetters) : [])
      .map(({ destination, count }) => ({ kind: 'dead-letters' as const, subject: destination, value: count, threshold: deadLetters })),
    ...(silentHours > 0 ? silent(figures, silentHours) : []),
    ...(figures.freeBytes < diskLimit ? [{ kind: 'low-disk' as const, subject: '', value: figures.freeBytes, threshold: freeBytes }] : []),
    ...(stuckMinutes > 0 && stillMinutes >= stuckMinutes ? [{ kind: 'stuck-queue' as const, subject: '', value: Math.floor(stillMinutes), threshold: stuckMinutes }] : []),
  ];
}
