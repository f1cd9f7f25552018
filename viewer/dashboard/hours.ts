import type { Dashboard, Flow } from '../api/dashboard.ts';

export interface HourOfDay extends Flow {
  /** Beginning of the hour, ISO 8601 in UTC. */
  readonly hour: string;
}

const hourMs = 3_600_000;
const nothing: Flow = { received: 0, results: 0, signed: 0 };

function sum(a: Flow, b: Flow): Flow {
  return { received: a.received + b.received, results: a.results + b.results, signed: a.signed + b.signed };
}

/** The last `count` hours up to `at`, all sites together, hours without anything included. */
export function lastHours(activity: Dashboard['activity'], at: string, count: number): readonly HourOfDay[] {
  const byHour = new Map<number, Flow>();
  for (const row of activity) {
    const hour = Math.floor(Date.parse(row.hour) / hourMs);
    byHour.set(hour, sum(byHour.get(hour) ?? nothing, row));
  }
  const now = Math.floor(Date.parse(at) / hourMs);
  return Array.from({ length: count }, (_, index) => {
    const hour = now - count + 1 + index;
    return { hour: new Date(hour * hourMs).toISOString(), ...(byHour.get(hour) ?? nothing) };
  });
}
