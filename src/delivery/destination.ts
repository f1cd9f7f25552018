/** Where results go, and what became of each object that was sent there. */
import type { AppError } from '../errors.ts';

export type Destination =
  | {
    readonly name: string;
    readonly kind: 'dimse';
    readonly host: string;
    readonly port: number;
    readonly aeTitle: string;
    readonly callingAETitle?: string;
    /** Roles of the objects it gets (sr, seg, …); all when absent. */
    readonly roles?: readonly string[];
  }
  | {
    readonly name: string;
    readonly kind: 'stow';
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly roles?: readonly string[];
  };

/** One object that is due, as a sender needs it. */
export interface DueObject {
  readonly deliveryId: string;
  readonly studyInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  /** Part 10 bytes from the archive. */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/**
 * What the destination answered. `refused` is its considered no to this object, which waiting will hardly change;
 * `failed` is everything that may pass: it is down, out of space, timed out.
 */
export type ObjectResult =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused' | 'failed'; readonly error: AppError };

/** Sends the objects and calls `settle` once for each, as soon as its fate is known. Does not reject. */
export type Sender = (
  objects: readonly DueObject[],
  settle: (object: DueObject, result: ObjectResult) => void,
  signal: AbortSignal,
) => Promise<void>;

/** The object itself cannot be read or converted here: trying again will not help. */
export function isOwnFault(error: AppError): boolean {
  return error.code.startsWith('DICOM_') || error.code === 'ARCHIVE_NOT_FOUND' || error.code === 'ARCHIVE_CORRUPT';
}
