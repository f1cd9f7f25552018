/**
 * The Protocol Data Units that have no variable items, and the codes of all of them (PS3.8 9.3).
 * A-ASSOCIATE-RQ and -AC are in `associate-pdu.ts`, reading in `pdu-reader.ts`.
 */
import { AppError } from '../errors.ts';

export const pduType = {
  associateRequest: 0x01,
  associateAccept: 0x02,
  associateReject: 0x03,
  data: 0x04,
  releaseRequest: 0x05,
  releaseResponse: 0x06,
  abort: 0x07,
} as const;

/** Who aborted (PS3.8 9.3.8). */
export const abortSource = { serviceUser: 0, serviceProvider: 2 } as const;

export const abortReason = {
  notSpecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  unrecognizedParameter: 4,
  unexpectedParameter: 5,
  invalidParameterValue: 6,
} as const;

export type AbortReason = (typeof abortReason)[keyof typeof abortReason];

/** Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 9.3.4). */
export interface Rejection {
  readonly result: number;
  readonly source: number;
  readonly reason: number;
}

export const rejection = {
  applicationContextNotSupported: { result: 1, source: 1, reason: 2 },
  callingAETitleNotRecognized: { result: 1, source: 1, reason: 3 },
  calledAETitleNotRecognized: { result: 1, source: 1, reason: 7 },
  protocolVersionNotSupported: { result: 1, source: 2, reason: 2 },
  localLimitExceeded: { result: 2, source: 3, reason: 2 },
} as const satisfies Record<string, Rejection>;

const rejectionWords: Readonly<Record<string, string>> = {
  '1/1': 'no reason given',
  '1/2': 'application context not supported',
  '1/3': 'calling AE title not recognized',
  '1/7': 'called AE title not recognized',
  '2/1': 'no reason given',
  '2/2': 'protocol version not supported',
  '3/1': 'temporary congestion',
  '3/2': 'local limit exceeded',
};

/** "rejected for now: local limit exceeded". */
export function describeRejection({ result, source, reason }: Rejection): string {
  const words = rejectionWords[`${source}/${reason}`] ?? `source ${source}, reason ${reason}`;
  return `${result === 2 ? 'rejected for now' : 'rejected'}: ${words}`;
}

/** What a peer did against PS3.8 or PS3.7; `abortReason` goes into the A-ABORT. */
export function protocolError(message: string, reason: AbortReason): AppError {
  return new AppError('DIMSE_PROTOCOL_ERROR', message, { details: { abortReason: reason } });
}

export function encodePdu(type: number, body: Uint8Array): Buffer {
  const pdu = Buffer.alloc(6 + body.length);
  pdu.writeUInt8(type, 0);
  pdu.writeUInt32BE(body.length, 2);
  pdu.set(body, 6);
  return pdu;
}

export function encodeReject({ result, source, reason }: Rejection): Buffer {
  return encodePdu(pduType.associateReject, Uint8Array.of(0, result, source, reason));
}

export function encodeAbort(source: number, reason: number): Buffer {
  return encodePdu(pduType.abort, Uint8Array.of(0, 0, source, reason));
}

export function encodeReleaseRequest(): Buffer {
  return encodePdu(pduType.releaseRequest, new Uint8Array(4));
}

export function encodeReleaseResponse(): Buffer {
  return encodePdu(pduType.releaseResponse, new Uint8Array(4));
}

/** PDU and PDV header of one fragment (PS3.8 9.3.5, Annex E.2). */
export function encodeFragmentHeader(contextId: number, isCommand: boolean, isLast: boolean, dataLength: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(pduType.data, 0);
  header.writeUInt32BE(dataLength + 6, 2);
  header.writeUInt32BE(dataLength + 2, 6);
  header.writeUInt8(contextId, 10);
  header.writeUInt8((isCommand ? 1 : 0) | (isLast ? 2 : 0), 11);
  return header;
}
