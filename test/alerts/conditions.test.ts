import { describe, expect, it } from 'vitest';
import { conditionsOf, visibleTo, type AlertFigures } from '../../src/alerts/conditions.ts';
import { emptyLedger, postponed, sent, take } from '../../src/alerts/ledger.ts';
import { watchQueue } from '../../src/alerts/queue-watch.ts';
import type { AlertThresholds } from '../../src/alerts/settings.ts';
import { loadConfig, printableConfig } from '../../src/config.ts';

const nowMs = Date.parse('2026-03-01T12:00:00.000Z');
const thresholds: AlertThresholds = { checkSeconds: 60, failedStudies: 3, deadLetters: 2, silentHours: 4, freeBytes: 1000, stuckMinutes: 30 };
const well: AlertFigures = { nowMs, states: {}, senders: [], failedDeliveries: [], freeBytes: 5000, queueStillMs: 0 };
const never = () => false;
const sender = (hours: number, isOverdue = true, station = 'CT1') => ({
  callingAETitle: 'CT_NORTH', station, institution: 'North', modality: 'CT', firstArrivalAt: '', lastArrivalAt: new Date(nowMs - hours * 3_600_000).toISOString(), arrivals: 50, isOverdue,
});
const kinds = (figures: Partial<AlertFigures>, isActive: Parameters<typeof conditionsOf>[2] = never) => conditionsOf({ ...well, ...figures }, thresholds, isActive).map(({ kind, subject, value }) => [kind, subject, value]);

describe('conditions', () => {
  it.each<[string, Partial<AlertFigures>, unknown]>([
    ['nothing', {}, []],
    ['fewer failed studies than the count', { states: { failed: 2 } }, []],
    ['as many failed studies', { states: { failed: 3 } }, [['failed-studies', '', 3]]],
    ['each destination for itself', { failedDeliveries: [{ destination: 'a', count: 1 }, { destination: 'b', count: 2 }, { destination: 'c', count: 9 }] }, [['dead-letters', 'b', 2], ['dead-letters', 'c', 9]]],
    ['a silent device', { senders: [sender(5.7), sender(3.9), sender(100, false)] }, [['silent-modality', 'CT_NORTH · CT1 · CT', 5]]],
    ['a name with control characters and without end', { senders: [sender(5, true, `X\r\nBcc: evil\u0000${'y'.repeat(500)}`)] }, [['silent-modality', `CT_NORTH · XBcc: evil${'y'.repeat(500)}`.slice(0, 80), 5]]],
    ['a low disk', { freeBytes: 999 }, [['low-disk', '', 999]]],
    ['a queue that stands still', { queueStillMs: 31 * 60_000 }, [['stuck-queue', '', 31]]],
  ])('find %s', (_what, figures, expected) => {
    expect(kinds(figures)).toEqual(expected);
  });

  it('of a device are for those who see the device', () => {
    const found = conditionsOf({ ...well, senders: [sender(5), sender(6, true, 'CT2')], freeBytes: 1 }, thresholds, never);
    expect(visibleTo([sender(1, false, 'CT2')], found).map(({ kind, subject }) => [kind, subject])).toEqual([['silent-modality', 'CT_NORTH · CT2 · CT'], ['low-disk', '']]);
  });

  it('a low disk is over only with a tenth more free', () => {
    expect(kinds({ freeBytes: 1050 }, ({ kind }) => kind === 'low-disk')).toEqual([['low-disk', '', 1050]]);
    expect(kinds({ freeBytes: 1101 }, ({ kind }) => kind === 'low-disk')).toEqual([]);
  });

  it('a threshold of 0 turns each off', () => {
    const off = { checkSeconds: 60, failedStudies: 0, deadLetters: 0, silentHours: 0, freeBytes: 0, stuckMinutes: 0 };
    expect(conditionsOf({ nowMs, states: { failed: 9 }, senders: [sender(500)], failedDeliveries: [{ destination: 'a', count: 5 }], freeBytes: 0, queueStillMs: 1e9 }, off, never)).toEqual([]);
  });
});

describe('the watch on the queue', () => {
  const counts = { waiting: 5, active: 1, delayed: 0, completed: 10, dead: 0, cancelled: 0 };
  const start = watchQueue(undefined, counts, nowMs);
  it('stands still only while something waits and nothing ends', () => {
    expect(watchQueue(start, counts, nowMs + 60_000).movedAtMs).toBe(nowMs);
    expect(watchQueue(start, { ...counts, waiting: 50 }, nowMs + 60_000).movedAtMs).toBe(nowMs);
    expect(watchQueue(start, { ...counts, completed: 11 }, nowMs + 60_000).movedAtMs).toBe(nowMs + 60_000);
    expect(watchQueue(start, { ...counts, waiting: 0, active: 0 }, nowMs + 60_000).movedAtMs).toBe(nowMs + 60_000);
  });
  it('a clock that is set back does not make it longer', () => {
    expect(watchQueue(start, counts, nowMs - 3_600_000).movedAtMs).toBe(nowMs - 3_600_000);
  });
});

describe('the ledger', () => {
  const condition = { kind: 'low-disk', subject: '', value: 1, threshold: 2 } as const;
  const at = (minute: number): Date => new Date(nowMs + minute * 60_000);
  it('tells each channel once when it begins and once when it ends', () => {
    const raised = take(emptyLedger, [condition], ['a', 'b'], at(0));
    const goesOn = take(raised, [{ ...condition, value: 0 }], ['a', 'b'], at(1));
    const over = take(goesOn, [], ['a', 'b'], at(2));
    expect(goesOn.alerts).toEqual([{ ...condition, value: 0, since: at(0).toISOString() }]);
    expect(over.outbox.map(({ channel, event }) => `${channel} ${event}`)).toEqual(['a raised', 'a resolved', 'b raised', 'b resolved']);
    expect(take(over, [], ['a', 'b'], at(3))).toEqual(over);
  });
  it('forgets what was for a channel that is no more, and keeps only so much for one that takes nothing', () => {
    let ledger = take(emptyLedger, [condition], ['a', 'b'], at(0));
    ledger = sent(ledger, ledger.outbox[0]!.id);
    expect(take(ledger, [condition], ['a'], at(1)).outbox).toEqual([]);
    for (let minute = 0; minute < 300; minute += 1) ledger = take(ledger, minute % 2 === 0 ? [] : [condition], ['b'], at(minute));
    expect(ledger.outbox).toHaveLength(200);
    const [first] = ledger.outbox;
    expect(postponed(ledger, first!.id, 5).outbox[0]).toMatchObject({ attempts: 1, nextAtMs: 5 });
  });
});

describe('the settings', () => {
  const hook = { name: 'ops', url: 'https://alerts.example/hooks/abc', secret: 'a-long-enough-secret' };
  const email = { host: 'mail.example', from: 'phoi@example.org', to: ['ops@example.org'] };
  it.each<[string, unknown, string]>([
    ['two webhooks of one name', { webhooks: [hook, hook] }, 'alerts.webhooks: the name ops is taken'],
    ['a webhook with a password in its address', { webhooks: [{ ...hook, url: 'https://me:pw@alerts.example/' }] }, 'alerts.webhooks.0.url'],
    ['a webhook that is no web address', { webhooks: [{ ...hook, url: 'file:///etc/passwd' }] }, 'alerts.webhooks.0.url'],
    ['a short secret', { webhooks: [{ ...hook, secret: 'short' }] }, 'alerts.webhooks.0.secret'],
    ['a line end in an address', { email: { ...email, to: ['a@example.org\nBcc: b@example.org'] } }, 'alerts.email.to.0'],
    ['a password without TLS', { email: { ...email, tls: 'none', user: 'u', password: 'p' } }, 'alerts.email.user'],
    ['a user without a password', { email: { ...email, user: 'u' } }, 'alerts.email.password'],
  ])('refuse %s', (_what, alerts, named) => {
    expect(() => loadConfig(JSON.stringify({ alerts }), {})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(named) as string }) as Error);
  });
  it('are printed without what is secret', () => {
    const config = loadConfig(JSON.stringify({ alerts: { webhooks: [hook], email: { ...email, user: 'u', password: 'hidden-word' } } }), {});
    const printed = JSON.stringify(printableConfig(config));
    for (const secret of ['hooks/abc', hook.secret, 'hidden-word']) expect(printed).not.toContain(secret);
    expect(printed).toContain('https://alerts.example');
  });
});
