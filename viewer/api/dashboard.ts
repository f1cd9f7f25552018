import type { Reason, StudyState } from './types.ts';
import { getJson } from './client.ts';

/** Seconds. */
export interface Durations {
  readonly count: number;
  readonly medianSeconds: number;
  readonly p90Seconds: number;
}

export interface Flow {
  readonly received: number;
  readonly results: number;
  readonly signed: number;
}

/** The answer of `GET /dashboard`; see docs/api.md. */
export interface Dashboard {
  readonly at: string;
  readonly states: Readonly<Partial<Record<StudyState, number>>>;
  readonly toRead: number;
  readonly toReadStat: number;
  readonly beingRead: number;
  readonly jobs: Readonly<Record<string, number>>;
  readonly deliveries: Readonly<Record<string, number>>;
  readonly activity: readonly (Flow & { readonly hour: string; readonly site: string })[];
  readonly toResult?: Durations;
  readonly toSigned?: Durations;
  readonly resultToSigned?: Durations;
  readonly failures: readonly { readonly studyInstanceUID: string; readonly state: StudyState; readonly reasons: readonly Reason[]; readonly at: string }[];
  readonly deliveryFailures: readonly {
    readonly id: string; readonly studyInstanceUID: string; readonly destination: string; readonly attempts: number; readonly code?: string; readonly at: string;
  }[];
  readonly senders: readonly {
    readonly callingAETitle: string; readonly station: string; readonly institution: string; readonly modality: string;
    readonly firstArrivalAt: string; readonly lastArrivalAt: string; readonly arrivals: number; readonly isOverdue: boolean;
  }[];
  readonly alerts: readonly {
    readonly kind: 'failed-studies' | 'dead-letters' | 'silent-modality' | 'low-disk' | 'stuck-queue';
    readonly subject: string; readonly value: number; readonly threshold: number; readonly since: string;
  }[];
  readonly sites: readonly { readonly site: string; readonly toRead: number; readonly lastDay: Flow; readonly lastWeek: Flow }[];
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number; readonly isLow: boolean };
}

/** `site`: name of a site; empty for all that are seen. */
export function getDashboard(site: string, signal?: AbortSignal): Promise<Dashboard> {
  return getJson(`/api/v1/dashboard${site === '' ? '' : `?site=${encodeURIComponent(site)}`}`, signal);
}
