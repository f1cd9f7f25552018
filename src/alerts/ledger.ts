/** What is wrong, since when, and who still has to be told: pure steps from one state to the next. */
import { randomUUID } from 'node:crypto';
import type { QueueWatch } from './queue-watch.ts';
import type { Alert, Condition, Notice } from './types.ts';

export interface Ledger {
  readonly alerts: readonly Alert[];
  /** Oldest first. */
  readonly outbox: readonly Notice[];
  readonly queue?: QueueWatch;
}

export const emptyLedger: Ledger = { alerts: [], outbox: [] };

/** Of one channel that takes nothing: what is older says less than what is newer. */
const largestOutbox = 200;

export function isSame(a: Pick<Condition, 'kind' | 'subject'>, b: Pick<Condition, 'kind' | 'subject'>): boolean {
  return a.kind === b.kind && a.subject === b.subject;
}

/** What began and what ended is told to each channel once; what goes on is told no more. */
export function take(ledger: Ledger, conditions: readonly Condition[], channels: readonly string[], now: Date): Ledger {
  const at = now.toISOString();
  const noticesOf = (alert: Alert, event: Notice['event']): readonly Notice[] =>
    channels.map((channel) => ({ id: randomUUID(), channel, event, at, alert, attempts: 0, nextAtMs: now.getTime() }));
  const alerts = conditions.map((condition) => ({ ...condition, since: ledger.alerts.find((alert) => isSame(alert, condition))?.since ?? at }));
  const raised = alerts.filter((alert) => !ledger.alerts.some((known) => isSame(known, alert)));
  const resolved = ledger.alerts.filter((known) => !alerts.some((alert) => isSame(known, alert)));
  const outbox = [...ledger.outbox, ...resolved.flatMap((alert) => noticesOf(alert, 'resolved')), ...raised.flatMap((alert) => noticesOf(alert, 'raised'))];
  const kept = channels.flatMap((channel) => outbox.filter((notice) => notice.channel === channel).slice(-largestOutbox));
  return { ...ledger, alerts, outbox: kept };
}

export function sent(ledger: Ledger, id: string): Ledger {
  return { ...ledger, outbox: ledger.outbox.filter((notice) => notice.id !== id) };
}

export function postponed(ledger: Ledger, id: string, nextAtMs: number): Ledger {
  return { ...ledger, outbox: ledger.outbox.map((notice) => (notice.id === id ? { ...notice, attempts: notice.attempts + 1, nextAtMs } : notice)) };
}

/** The next notice of the channel, in order: a "resolved" never overtakes its "raised". */
export function nextOf({ outbox }: Ledger, channel: string): Notice | undefined {
  return outbox.find((notice) => notice.channel === channel);
}
