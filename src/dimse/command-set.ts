/** DIMSE command sets: the elements this implementation uses, always implicit VR little endian (PS3.7 6.3.1, Annex E). */
import { abortReason, protocolError } from './pdu.ts';

/** Command Field values (PS3.7 E.1). */
export const commandField = {
  cStoreRequest: 0x0001,
  cStoreResponse: 0x8001,
  cEchoRequest: 0x0030,
  cEchoResponse: 0x8030,
  cCancelRequest: 0x0fff,
  nEventReportRequest: 0x0100,
  nEventReportResponse: 0x8100,
  nActionRequest: 0x0130,
  nActionResponse: 0x8130,
} as const;

export interface CommandSet {
  readonly commandField: number;
  readonly affectedSOPClassUID?: string;
  readonly requestedSOPClassUID?: string;
  readonly messageID?: number;
  readonly messageIDBeingRespondedTo?: number;
  readonly priority?: number;
  readonly status?: number;
  /** At most 64 characters, never patient data. */
  readonly errorComment?: string;
  readonly affectedSOPInstanceUID?: string;
  readonly requestedSOPInstanceUID?: string;
  readonly eventTypeID?: number;
  readonly actionTypeID?: number;
  /** Filled in by `encodeCommandSet`'s caller through `hasDataset`; as received otherwise. */
  readonly hasDataset: boolean;
}

type Field = Exclude<keyof CommandSet, 'hasDataset'>;

/** In ascending order, as a data set must be. */
const elements: readonly { readonly element: number; readonly vr: 'UI' | 'US' | 'LO'; readonly field: Field }[] = [
  { element: 0x0002, vr: 'UI', field: 'affectedSOPClassUID' },
  { element: 0x0003, vr: 'UI', field: 'requestedSOPClassUID' },
  { element: 0x0100, vr: 'US', field: 'commandField' },
  { element: 0x0110, vr: 'US', field: 'messageID' },
  { element: 0x0120, vr: 'US', field: 'messageIDBeingRespondedTo' },
  { element: 0x0700, vr: 'US', field: 'priority' },
  { element: 0x0900, vr: 'US', field: 'status' },
  { element: 0x0902, vr: 'LO', field: 'errorComment' },
  { element: 0x1000, vr: 'UI', field: 'affectedSOPInstanceUID' },
  { element: 0x1001, vr: 'UI', field: 'requestedSOPInstanceUID' },
  { element: 0x1002, vr: 'US', field: 'eventTypeID' },
  { element: 0x1008, vr: 'US', field: 'actionTypeID' },
];

const dataSetTypeElement = 0x0800;
const noDataSet = 0x0101;

function encodeElement(element: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(8 + value.length);
  bytes.writeUInt16LE(element, 2);
  bytes.writeUInt32LE(value.length, 4);
  bytes.set(value, 8);
  return bytes;
}

function encodeValue(vr: 'UI' | 'US' | 'LO', value: string | number): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return bytes;
  }
  const padding = value.length % 2 === 0 ? '' : vr === 'UI' ? '\0' : ' ';
  return Buffer.from(value + padding, 'latin1');
}

export function encodeCommandSet(command: CommandSet): Buffer {
  const parts: Buffer[] = [];
  let dataSetTypeWritten = false;
  for (const { element, vr, field } of elements) {
    if (!dataSetTypeWritten && element > dataSetTypeElement) {
      parts.push(encodeElement(dataSetTypeElement, encodeValue('US', command.hasDataset ? 0x0001 : noDataSet)));
      dataSetTypeWritten = true;
    }
    const value = command[field];
    if (value !== undefined) parts.push(encodeElement(element, encodeValue(vr, value)));
  }
  const length = Buffer.alloc(4);
  length.writeUInt32LE(parts.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([encodeElement(0x0000, length), ...parts]);
}

export function decodeCommandSet(bytes: Buffer): CommandSet {
  const values = new Map<number, Buffer>();
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 8 > bytes.length) throw invalid('an element is cut off');
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    if (bytes.readUInt16LE(offset) !== 0) throw invalid('it holds an element outside group 0000');
    if (end > bytes.length) throw invalid('an element is longer than the command set');
    values.set(bytes.readUInt16LE(offset + 2), bytes.subarray(offset + 8, end));
    offset = end;
  }
  const fields: Partial<Record<Field, string | number>> = {};
  for (const { element, vr, field } of elements) {
    const value = values.get(element);
    if (value === undefined) continue;
    if (vr !== 'US') fields[field] = value.toString('latin1').replace(/[\0 ]+$/, '');
    else if (value.length === 2) fields[field] = value.readUInt16LE(0);
    else throw invalid('a number has a wrong length');
  }
  const dataSetType = values.get(dataSetTypeElement);
  if (fields.commandField === undefined || dataSetType?.length !== 2) throw invalid('Command Field or Data Set Type is missing');
  return { ...fields, hasDataset: dataSetType.readUInt16LE(0) !== noDataSet } as CommandSet;
}

function invalid(what: string): Error {
  return protocolError(`Malformed command set: ${what}`, abortReason.notSpecified);
}
