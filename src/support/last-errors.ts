/** What went wrong lately, by code: of studies, jobs and deliveries. */
import type { DashboardFigures } from '../index/port.ts';
import type { Job } from '../queue/port.ts';
import type { Pseudonym } from './pseudonyms.ts';

export interface LastError {
  readonly of: 'study' | 'job' | 'delivery';
  /** Of src/errors.ts, or the reason of a refusal. */
  readonly code: string;
  readonly count: number;
  readonly lastAt: string;
  /** The newest few, as pseudonyms. */
  readonly studies: readonly string[];
}

interface Occurrence {
  readonly of: LastError['of'];
  readonly code: string;
  readonly at: string;
  readonly studyInstanceUID?: string;
}

const studiesNamed = 5;

function studyOf(job: Job): string | undefined {
  const { data } = job;
  return typeof data === 'object' && data !== null && 'studyInstanceUID' in data && typeof data.studyInstanceUID === 'string' ? data.studyInstanceUID : undefined;
}

function occurrences({ failures, deliveryFailures }: Pick<DashboardFigures, 'failures' | 'deliveryFailures'>, dead: readonly Job[]): readonly Occurrence[] {
  return [
    ...failures.flatMap(({ studyInstanceUID, reasons, at }) => reasons.map(({ code }) => ({ of: 'study' as const, code, at, studyInstanceUID }))),
    ...deliveryFailures.map(({ studyInstanceUID, code, at }) => ({ of: 'delivery' as const, code: code ?? 'unknown', at, studyInstanceUID })),
    ...dead.flatMap((job) => {
      const studyInstanceUID = studyOf(job);
      return job.failures.map(({ code, at }) => ({ of: 'job' as const, code, at, ...(studyInstanceUID !== undefined && { studyInstanceUID }) }));
    }),
  ];
}

/** The most frequent first. */
export function lastErrors(figures: Pick<DashboardFigures, 'failures' | 'deliveryFailures'>, dead: readonly Job[], pseudonym: Pseudonym): readonly LastError[] {
  return [...Map.groupBy(occurrences(figures, dead), ({ of, code }) => `${of} ${code}`).values()].map((group) => {
    const newestFirst = group.toSorted((a, b) => b.at.localeCompare(a.at));
    const { of, code, at } = newestFirst[0]!;
    const studies = [...new Set(newestFirst.flatMap(({ studyInstanceUID }) => studyInstanceUID ?? []))].slice(0, studiesNamed).map(pseudonym);
    return { of, code, count: group.length, lastAt: at, studies };
  }).toSorted((a, b) => b.count - a.count);
}
