/**
 * Looks from time to time whether something is wrong, and tells each channel once when it begins and once when it
 * ends. What is known and what is still to be told is a note of the index: it survives a restart. Each channel has its
 * own loop, so that one that hangs delays no other and nothing else.
 */
import { AppError, toAppError } from '../errors.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import { startLoop, type Loop, type Schedule } from '../loop.ts';
import type { JobState } from '../queue/port.ts';
import { conditionsOf, type AlertFigures } from './conditions.ts';
import { emptyLedger, isSame, nextOf, postponed, sent, take, type Ledger } from './ledger.ts';
import { watchQueue } from './queue-watch.ts';
import type { AlertThresholds } from './settings.ts';
import type { Alert, Channel } from './types.ts';

export type MeasuredFigures = Omit<AlertFigures, 'nowMs' | 'queueStillMs'> & { readonly jobs: Readonly<Record<JobState, number>> };

export interface AlertServiceOptions {
  readonly thresholds: AlertThresholds;
  readonly channels: readonly Channel[];
  readonly index: Pick<StudyIndex, 'note' | 'setNote'>;
  readonly measure: () => Promise<MeasuredFigures>;
  readonly log: Log;
  /** Where the state lies in the index: servers that share one each have their own, and each tells. */
  readonly noteName: string;
  readonly now?: () => Date;
  /** Waits after a message that was not taken. */
  readonly retry?: { readonly firstMs: number; readonly maxMs: number };
}

/** What screens and metrics show. */
export interface AlertBoard {
  alerts(): readonly Alert[];
  /** Messages that nobody has taken yet, by channel. */
  untold(): Readonly<Record<string, number>>;
}

export interface AlertService extends AlertBoard {
  close(): Promise<void>;
}

const defaultRetry = { firstMs: 10_000, maxMs: 3_600_000 };

/** A note of another shape is one of another release: what is wrong will be found again. */
function readLedger(text: string | undefined): Ledger {
  if (text === undefined) return emptyLedger;
  const parsed = JSON.parse(text) as { readonly format?: unknown; readonly ledger?: Ledger };
  return parsed.format === 1 && parsed.ledger !== undefined ? parsed.ledger : emptyLedger;
}

export async function startAlerts(options: AlertServiceOptions): Promise<AlertService> {
  const { thresholds, channels, index, measure, log, noteName } = options;
  const now = options.now ?? (() => new Date());
  const retry = options.retry ?? defaultRetry;
  const names = channels.map(({ name }) => name);
  const ending = new AbortController();
  const { signal } = ending;
  let ledger = readLedger(await index.note(noteName));
  // Nothing could move while the service was down; what was stuck before still is.
  if (ledger.queue !== undefined && !ledger.alerts.some(({ kind }) => kind === 'stuck-queue')) ledger = { ...ledger, queue: { ...ledger.queue, movedAtMs: now().getTime() } };

  async function keep(next: Ledger): Promise<void> {
    const isNews = JSON.stringify(next) !== JSON.stringify(ledger);
    ledger = next;
    if (isNews) await index.setNote(noteName, JSON.stringify({ format: 1, ledger }));
  }

  async function check(): Promise<void> {
    const { jobs, ...figures } = await measure();
    const at = now();
    const queue = watchQueue(ledger.queue, jobs, at.getTime());
    const conditions = conditionsOf({ ...figures, nowMs: at.getTime(), queueStillMs: at.getTime() - queue.movedAtMs }, thresholds,
      (condition) => ledger.alerts.some((alert) => isSame(alert, condition)));
    const before = ledger.alerts;
    await keep({ ...take(ledger, conditions, names, at), queue });
    for (const { kind, value, threshold } of ledger.alerts.filter((alert) => !before.some((known) => isSame(known, alert)))) log.error({ alert: kind, value, threshold }, 'Alert raised');
    for (const { kind } of before.filter((known) => !ledger.alerts.some((alert) => isSame(alert, known)))) log.info({ alert: kind }, 'Alert resolved');
    for (const sender of senders) sender.wake();
  }

  function startSender(channel: Channel): Loop & Schedule {
    const loop: Loop & Schedule = startLoop({
      pollMs: retry.maxMs, faultMs: retry.firstMs, now: () => now().getTime(), signal, log, failure: 'Alerts could not be sent',
      async pass() {
        const notice = nextOf(ledger, channel.name);
        if (notice === undefined) return false;
        const nowMs = now().getTime();
        // A time further away than any wait comes from a clock that was wrong.
        if (notice.nextAtMs > nowMs && notice.nextAtMs <= nowMs + retry.maxMs) {
          loop.at(notice.nextAtMs);
          return false;
        }
        try {
          await channel.send(notice, signal);
        } catch (error) {
          if (signal.aborted) return false;
          const waitMs = Math.min(retry.maxMs, retry.firstMs * 2 ** Math.min(notice.attempts, 30));
          await keep(postponed(ledger, notice.id, now().getTime() + waitMs));
          const { code, message } = toAppError(error);
          log.warn({ channel: channel.name, alert: notice.alert.kind, code, reason: message, attempts: notice.attempts + 1 }, 'Alert not taken, sent again later');
          return true;
        }
        await keep(sent(ledger, notice.id));
        return true;
      },
    });
    return loop;
  }

  const senders = channels.map(startSender);
  const checks = startLoop({
    pollMs: thresholds.checkSeconds * 1000, faultMs: thresholds.checkSeconds * 1000, now: () => now().getTime(), signal, log, failure: 'Alerts could not be looked for',
    async pass() {
      await check();
      return false;
    },
  });
  return {
    alerts: () => ledger.alerts,
    untold: () => Object.fromEntries(names.map((name) => [name, ledger.outbox.filter(({ channel }) => channel === name).length])),
    async close() {
      ending.abort(new AppError('CANCELLED', 'The service ends'));
      checks.wake();
      for (const sender of senders) sender.wake();
      await Promise.all([checks, ...senders].map(({ done }) => done));
    },
  };
}
