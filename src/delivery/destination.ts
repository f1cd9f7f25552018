/** Where results go, and what became of each object that was sent there. */
import type { ClientTlsFiles } from '../dimse/tls.ts';
import type { AppError } from '../errors.ts';
import type { Condition } from './condition.ts';

/** What every kind of destination has. */
export interface DestinationProfile {
  readonly name: string;
  /** False: what is due waits. */
  readonly enabled?: boolean;
  /** Roles of the objects it gets (`roles.ts`), `*` for any run of characters; all when absent. */
  readonly roles?: readonly string[];
  readonly exceptRoles?: readonly string[];
  /** Of objects that exist in several languages. */
  readonly language?: 'en' | 'vi';
  /** It gets an object when one of them holds; always when absent. */
  readonly rules?: readonly RoutingRule[];
  readonly confirm?: Confirmation;
  readonly retry?: Partial<RetrySettings>;
  readonly transferSyntax?: 'as-stored' | 'explicit-little-endian' | 'implicit-little-endian';
}

export interface RoutingRule {
  readonly name: string;
  readonly when: Condition;
  readonly roles?: readonly string[];
}

/** How a destination is asked whether it keeps what it has taken. */
export interface Confirmation {
  readonly by: 'commitment' | 'query';
  readonly afterSeconds: number;
  readonly timeoutSeconds: number;
  readonly maxAttempts: number;
}

export interface RetrySettings {
  readonly firstSeconds: number;
  readonly maxSeconds: number;
  /** Of failures that may pass. */
  readonly maxAttempts: number;
  /** Of considered refusals. */
  readonly maxRefusals: number;
}

export interface DimseDestination extends DestinationProfile {
  readonly kind: 'dimse';
  readonly host: string;
  readonly port: number;
  readonly aeTitle: string;
  readonly callingAETitle?: string;
  readonly tls?: ClientTlsFiles;
}

export interface StowDestination extends DestinationProfile {
  readonly kind: 'stow';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: ClientTlsFiles;
}

/** Back to the AE titles that sent the images. */
export interface SenderDestination extends DestinationProfile {
  readonly kind: 'sender';
  readonly callingAETitle?: string;
}

/** As declared. */
export type DeclaredDestination = DimseDestination | StowDestination | SenderDestination;
/** One place to send to. */
export type Destination = DimseDestination | StowDestination;

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
 * `failed` is everything that may pass: it is down, out of space, timed out. `final` will never be otherwise.
 */
export type ObjectResult =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused' | 'failed' | 'final'; readonly error: AppError };

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
