/** The figures of the dashboard, by indexes and counters: no query reads every study's row. */
import type { Reason } from '../findings/types.ts';
import type { StudyState } from '../study/types.ts';
import type { ActivityHour, DashboardFigures, DeliveryFailure, Durations, SenderActivity, StudyFailure } from './port.ts';
import { jsonColumn, numberColumn, optionalText, textColumn, type Row } from './rows.ts';
import { ofSites, type Condition } from './site-store.ts';
import type { IndexDatabase } from './sql.ts';

const dayMs = 86_400_000;
const activityDays = 15;
/** The newest so many say how long it takes now. */
const durationSample = 1000;
const failuresShown = 20;
const sendersShown = 200;
const fewestArrivals = 5;
/** Silent so many times longer than ever before. */
const overdueFactor = 1.5;
const leastOverdueSeconds = 3600;

/** Seconds, by the nearest rank. */
export function durationsOf(seconds: readonly number[]): Durations | undefined {
  const sorted = seconds.filter((value) => Number.isFinite(value) && value >= 0).sort((a, b) => a - b);
  const rank = (part: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0);
  return sorted.length === 0 ? undefined : { count: sorted.length, medianSeconds: rank(0.5), p90Seconds: rank(0.9) };
}

const hourOf = (row: Row): string => `${textColumn(row, 'hour')}:00:00.000Z`;

const isDead = (row: Row, now: Date): boolean => {
  const silentSeconds = (now.getTime() - Date.parse(textColumn(row, 'last_at'))) / 1000;
  return numberColumn(row, 'arrivals') >= fewestArrivals
    && silentSeconds > Math.max(leastOverdueSeconds, overdueFactor * numberColumn(row, 'longest_gap_seconds'));
};

function senderOf(row: Row, now: Date): SenderActivity {
  return {
    callingAETitle: textColumn(row, 'calling_ae'),
    station: textColumn(row, 'station'),
    institution: textColumn(row, 'site'),
    modality: textColumn(row, 'modality'),
    firstArrivalAt: textColumn(row, 'first_at'),
    lastArrivalAt: textColumn(row, 'last_at'),
    arrivals: numberColumn(row, 'arrivals'),
    isOverdue: isDead(row, now),
  };
}

/** Counts by hour and institution of the studies of some sites: the table of counters does not tell sites apart. */
async function activityOf({ dialect, read }: IndexDatabase, since: string, { sql, parameters }: Condition): Promise<readonly ActivityHour[]> {
  const counted = async (what: keyof ActivityHour, from: string, at: string): Promise<readonly ActivityHour[]> => (await read.all(
    `SELECT substr(${at}, 1, 13) AS hour, s.site, count(*) AS n FROM ${from} WHERE ${at} >= ? AND ${sql} GROUP BY 1, 2`, since, ...parameters)).map((row) => ({
    hour: hourOf(row), site: textColumn(row, 'site'), received: 0, results: 0, signed: 0, [what]: numberColumn(row, 'n'),
  }));
  const counts = [
    ...await counted('received', 'studies s', 's.received_at'),
    ...await counted('results', `analyses a ${dialect.orderedJoin} studies s ON s.id = a.study_id`, 'a.created_at'),
    ...await counted('signed', `signed_reviews r ${dialect.orderedJoin} studies s ON s.study_uid = r.study_uid`, 'r.signed_at'),
  ];
  return [...Map.groupBy(counts, ({ hour, site }) => `${hour} ${site}`).values()].map((same) => same.reduce((sum, { received, results, signed }) => ({
    ...sum, received: sum.received + received, results: sum.results + results, signed: sum.signed + signed,
  }))).sort((a, b) => (a.hour === b.hour ? a.site.localeCompare(b.site) : a.hour.localeCompare(b.hour)));
}

export async function readDashboard(database: IndexDatabase, now: Date, sites?: readonly string[]): Promise<DashboardFigures> {
  const { dialect, read } = database;
  const since = new Date(now.getTime() - activityDays * dayMs).toISOString();
  const visible: Condition = sites === undefined ? { sql: 'true', parameters: [] } : ofSites(sites);
  const and = `AND ${visible.sql}`;
  const count = async (sql: string, ...parameters: string[]): Promise<number> => numberColumn(await read.get(sql, ...parameters) ?? { n: 0 }, 'n');
  const seconds = async (sql: string): Promise<readonly number[]> => (await read.all(sql, since, ...visible.parameters, durationSample)).map((row) => (Date.parse(textColumn(row, 'later')) - Date.parse(textColumn(row, 'earlier'))) / 1000);

  // One walk over a covering index for all that counts studies.
  const groups = (await read.all(`SELECT review_state, site, state, count(*) AS n FROM studies s WHERE ${visible.sql} GROUP BY review_state, site, state`, ...visible.parameters)).map((row) => ({
    review: textColumn(row, 'review_state'), site: textColumn(row, 'site'), state: textColumn(row, 'state'), n: numberColumn(row, 'n'),
  }));
  const sum = (by: 'review' | 'site' | 'state', of = groups): Record<string, number> => Object.fromEntries(
    [...Map.groupBy(of, (group) => group[by])].map(([key, members]) => [key, members.reduce((total, { n }) => total + n, 0)]));
  const toRead = groups.filter(({ review, state }) => review === 'unread' && state !== 'receiving' && state !== 'incomplete');

  const deliveryStudy = sites === undefined ? '' : 'JOIN studies s ON s.study_uid = d.study_uid';
  const activity: readonly ActivityHour[] = sites !== undefined ? await activityOf(database, since, visible) : (await read.all('SELECT * FROM activity WHERE hour >= ? ORDER BY hour, site', since.slice(0, 13))).map((row) => ({
    hour: hourOf(row), site: textColumn(row, 'site'),
    received: numberColumn(row, 'received'), results: numberColumn(row, 'results'), signed: numberColumn(row, 'signed'),
  }));
  const failed = await Promise.all((['failed', 'not-analysed'] as const).map((state) => read.all(
    `SELECT study_uid, state, reasons, updated_at FROM studies s WHERE state = ? ${and} ORDER BY updated_at DESC LIMIT ?`, state, ...visible.parameters, failuresShown)));
  const failures: readonly StudyFailure[] = failed.flat().map((row) => ({
    studyInstanceUID: textColumn(row, 'study_uid'), state: textColumn(row, 'state') as StudyState,
    reasons: jsonColumn(row, 'reasons') as Reason[], at: textColumn(row, 'updated_at'),
  })).toSorted((a, b) => b.at.localeCompare(a.at)).slice(0, failuresShown);
  const deliveryFailures: readonly DeliveryFailure[] = (await read.all(`SELECT d.id, d.study_uid, destination, attempts, last_code, d.updated_at FROM deliveries d ${deliveryStudy}
    WHERE d.state = 'failed' ${and} ORDER BY due_at DESC LIMIT ?`, ...visible.parameters, failuresShown)).map((row) => {
    const code = optionalText(row, 'last_code');
    return {
      id: textColumn(row, 'id'), studyInstanceUID: textColumn(row, 'study_uid'), destination: textColumn(row, 'destination'),
      attempts: numberColumn(row, 'attempts'), ...(code === undefined ? {} : { code }), at: textColumn(row, 'updated_at'),
    };
  });
  const toResult = durationsOf(await seconds(`SELECT s.received_at AS earlier, a.created_at AS later FROM analyses a ${dialect.orderedJoin} studies s ON s.id = a.study_id
    WHERE a.created_at >= ? AND a.version = 1 ${and} ORDER BY a.created_at DESC LIMIT ?`));
  const toSigned = durationsOf(await seconds(`SELECT s.received_at AS earlier, r.signed_at AS later FROM signed_reviews r ${dialect.orderedJoin} studies s ON s.study_uid = r.study_uid
    WHERE r.signed_at >= ? AND r.version = 1 ${and} ORDER BY r.signed_at DESC LIMIT ?`));
  const resultToSigned = durationsOf(await seconds(`SELECT a.created_at AS earlier, r.signed_at AS later FROM signed_reviews r ${dialect.orderedJoin} studies s ON s.study_uid = r.study_uid
    ${dialect.orderedJoin} analyses a ON a.study_id = s.id AND a.version = 1 WHERE r.signed_at >= ? AND r.version = 1 ${and} ORDER BY r.signed_at DESC LIMIT ?`));

  return {
    states: sum('state'),
    reviews: sum('review'),
    toRead: toRead.reduce((total, { n }) => total + n, 0),
    toReadStat: await count(`SELECT count(*) AS n FROM studies s WHERE review_state = 'unread' AND review_rank = 0 AND priority_rank = 0 AND state NOT IN ('receiving', 'incomplete') ${and}`, ...visible.parameters),
    beingRead: await count(`SELECT count(*) AS n FROM review_locks l ${sites === undefined ? '' : 'JOIN studies s ON s.study_uid = l.study_uid'} WHERE l.expires_at > ? ${and}`, now.toISOString(), ...visible.parameters),
    toReadBySite: Object.entries(sum('site', toRead)).map(([site, n]) => ({ site, toRead: n })),
    deliveries: Object.fromEntries((await read.all(`SELECT d.state, count(*) AS n FROM deliveries d ${deliveryStudy} WHERE ${visible.sql} GROUP BY d.state`, ...visible.parameters)).map((row) => [textColumn(row, 'state'), numberColumn(row, 'n')])),
    activity,
    ...(toResult === undefined ? {} : { toResult }),
    ...(toSigned === undefined ? {} : { toSigned }),
    ...(resultToSigned === undefined ? {} : { resultToSigned }),
    failures,
    deliveryFailures,
    senders: (await read.all('SELECT * FROM senders ORDER BY last_at DESC LIMIT ?', sendersShown)).map((row) => senderOf(row, now)),
  };
}
