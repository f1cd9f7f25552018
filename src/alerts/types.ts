/** What is wrong with the service, and the messages that say so. No patient data in any of it. */
export const alertKinds = ['failed-studies', 'dead-letters', 'silent-modality', 'low-disk', 'stuck-queue'] as const;
export type AlertKind = (typeof alertKinds)[number];

/** Something that is wrong now. */
export interface Condition {
  readonly kind: AlertKind;
  /** The destination or device; empty when it is the service itself. Kind and subject are its identity. */
  readonly subject: string;
  /** In the unit of the threshold: a count, hours, bytes, minutes. */
  readonly value: number;
  readonly threshold: number;
}

export interface Alert extends Condition {
  readonly since: string;
}

/** A message to one channel: kept until the channel has taken it. */
export interface Notice {
  /** The same when it is sent twice: a receiver can tell. */
  readonly id: string;
  readonly channel: string;
  readonly event: 'raised' | 'resolved';
  readonly at: string;
  readonly alert: Alert;
  readonly attempts: number;
  /** ms since 1970. */
  readonly nextAtMs: number;
}

/** A way to somebody. `send` rejects when the notice was not taken; it ends when `signal` aborts. */
export interface Channel {
  readonly name: string;
  send(notice: Notice, signal: AbortSignal): Promise<void>;
}
