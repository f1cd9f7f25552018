/**
 * PDUs out of a byte source, one event at a time. The data of a P-DATA-TF comes piece by piece as it arrives, so that
 * neither an unlimited PDU nor a declared length of 4 GiB costs memory.
 */
import { decodeAssociateAccept, decodeAssociateRequest, type AssociateAccept, type AssociateRequest } from './associate-pdu.ts';
import type { ByteSource } from './byte-source.ts';
import { abortReason, pduType, protocolError, type Rejection } from './pdu.ts';

export type PduEvent =
  | { readonly kind: 'associate-request'; readonly request: AssociateRequest }
  | { readonly kind: 'associate-accept'; readonly accept: AssociateAccept }
  | { readonly kind: 'associate-reject'; readonly rejection: Rejection }
  | { readonly kind: 'fragment'; readonly contextId: number; readonly isCommand: boolean; readonly isLast: boolean; readonly data: Buffer }
  | { readonly kind: 'release-request' }
  | { readonly kind: 'release-response' }
  | { readonly kind: 'abort'; readonly source: number; readonly reason: number }
  /** The peer closed the connection between two PDUs. */
  | { readonly kind: 'closed' };

export interface PduReader {
  /** Waits `timeoutMs` for the PDU to begin. Errors: DIMSE_TIMEOUT, DIMSE_PEER_ABORTED, DIMSE_PROTOCOL_ERROR. */
  next(timeoutMs: number): Promise<PduEvent>;
  /** True as soon as a next event may be there; false when `signal` says so first. Reads nothing away. */
  ready(signal: AbortSignal): Promise<boolean>;
}

/** Some senders count the agreed length without the headers of the fragments. */
const headerTolerance = 64;
/** 128 presentation contexts with 30 transfer syntaxes each are a quarter of this. */
const maxControlPduLength = 1024 * 1024;

export function createPduReader(source: ByteSource, options: {
  /** What this side announced; 0 is unlimited. */
  readonly maxPduLength: number;
  /** How long a peer may pause inside a PDU. */
  readonly stallMs: number;
}): PduReader {
  const { maxPduLength, stallMs } = options;
  let pduRemaining = 0;
  let pdv: { contextId: number; isCommand: boolean; isLast: boolean; remaining: number } | undefined;

  async function body(length: number): Promise<Buffer> {
    const bytes = await source.exactly(length, stallMs, stallMs);
    if (bytes === undefined) throw protocolError('The connection ended inside a PDU', abortReason.notSpecified);
    return bytes;
  }

  /** Reads a PDU header; P-DATA-TF is left for `fragment` and gives undefined. */
  async function control(timeoutMs: number): Promise<PduEvent | undefined> {
    const header = await source.exactly(6, timeoutMs, stallMs);
    if (header === undefined) return { kind: 'closed' };
    const type = header.readUInt8(0);
    const length = header.readUInt32BE(2);
    if (type === pduType.data) {
      if (maxPduLength !== 0 && length > maxPduLength + headerTolerance) {
        throw protocolError(`A P-DATA-TF of ${length} bytes exceeds the agreed ${maxPduLength}`, abortReason.invalidParameterValue);
      }
      pduRemaining = length;
      return undefined;
    }
    if (type < pduType.associateRequest || type > pduType.abort) {
      throw protocolError(`Unrecognized PDU type ${type}`, abortReason.unrecognizedPdu);
    }
    if (length > maxControlPduLength) throw protocolError(`A PDU of type ${type} declares ${length} bytes`, abortReason.invalidParameterValue);
    const bytes = await body(length);
    if (type === pduType.associateRequest) return { kind: 'associate-request', request: decodeAssociateRequest(bytes) };
    if (type === pduType.associateAccept) return { kind: 'associate-accept', accept: decodeAssociateAccept(bytes) };
    if (length < 4) throw protocolError(`A PDU of type ${type} has ${length} bytes`, abortReason.invalidParameterValue);
    if (type === pduType.releaseRequest) return { kind: 'release-request' };
    if (type === pduType.releaseResponse) return { kind: 'release-response' };
    if (type === pduType.abort) return { kind: 'abort', source: bytes.readUInt8(2), reason: bytes.readUInt8(3) };
    return { kind: 'associate-reject', rejection: { result: bytes.readUInt8(1), source: bytes.readUInt8(2), reason: bytes.readUInt8(3) } };
  }

  async function beginPdv(): Promise<NonNullable<typeof pdv>> {
    if (pduRemaining < 6) throw protocolError('A presentation data value is cut off', abortReason.invalidParameterValue);
    const header = await body(6);
    const length = header.readUInt32BE(0);
    if (length < 2 || length + 4 > pduRemaining) {
      throw protocolError('The length of a presentation data value does not fit its PDU', abortReason.invalidParameterValue);
    }
    pduRemaining -= 6;
    const flags = header.readUInt8(5);
    return { contextId: header.readUInt8(4), isCommand: (flags & 1) !== 0, isLast: (flags & 2) !== 0, remaining: length - 2 };
  }

  return {
    ready: (signal) => (pdv === undefined && pduRemaining === 0 ? source.ready(signal) : Promise.resolve(true)),
    async next(timeoutMs) {
      while (pdv === undefined && pduRemaining === 0) {
        const event = await control(timeoutMs);
        if (event !== undefined) return event;
      }
      const current = pdv ?? await beginPdv();
      const data = current.remaining === 0 ? Buffer.alloc(0) : await source.some(current.remaining, stallMs);
      current.remaining -= data.length;
      pduRemaining -= data.length;
      pdv = current.remaining === 0 ? undefined : current;
      return {
        kind: 'fragment', contextId: current.contextId, isCommand: current.isCommand,
        isLast: current.isLast && current.remaining === 0, data,
      };
    },
  };
}
