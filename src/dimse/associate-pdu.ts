/** A-ASSOCIATE-RQ and A-ASSOCIATE-AC: reading with every length checked, and writing (PS3.8 9.3.2, 9.3.3, Annex D). */
import { implementationClassUID, implementationVersionName } from '../dicom/encode.ts';
import { abortReason, encodePdu, pduType, protocolError } from './pdu.ts';
import { applicationContextName } from './uids.ts';

export interface ProposedContext {
  readonly id: number;
  readonly abstractSyntaxUID: string;
  readonly transferSyntaxUIDs: readonly string[];
}

/** Result of one presentation context (PS3.8 9.3.3.2). */
export const contextResult = {
  acceptance: 0,
  userRejection: 1,
  noReason: 2,
  abstractSyntaxNotSupported: 3,
  transferSyntaxesNotSupported: 4,
} as const;

export interface ContextAnswer {
  readonly id: number;
  readonly result: number;
  /** Meaningful only when accepted. */
  readonly transferSyntaxUID: string;
}

/** SCP/SCU role selection (PS3.7 D.3.3.4). */
export interface RoleSelection {
  readonly sopClassUID: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

interface UserInformation {
  /** Largest P-DATA-TF body the sender of this takes; 0 is unlimited. */
  readonly maxPduLength: number;
  readonly implementationClassUID?: string;
  readonly implementationVersionName?: string;
  readonly roles: readonly RoleSelection[];
}

export interface AssociateRequest extends UserInformation {
  readonly protocolVersion: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly applicationContextName: string;
  readonly contexts: readonly ProposedContext[];
}

export interface AssociateAccept extends UserInformation {
  readonly contexts: readonly ContextAnswer[];
}

interface Item {
  readonly type: number;
  readonly body: Buffer;
}

function malformed(what: string): never {
  throw protocolError(`Malformed association PDU: ${what}`, abortReason.invalidParameterValue);
}

function* items(body: Buffer): Generator<Item> {
  let offset = 0;
  while (offset < body.length) {
    if (offset + 4 > body.length) malformed('an item header is cut off');
    const end = offset + 4 + body.readUInt16BE(offset + 2);
    if (end > body.length) malformed('an item is longer than what holds it');
    yield { type: body.readUInt8(offset), body: body.subarray(offset + 4, end) };
    offset = end;
  }
}

/** Text of a UID or AE title; padding (spaces and NUL) is not part of it (PS3.8 Annex F). */
function text(bytes: Buffer): string {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === 0x20)) end -= 1;
  return bytes.toString('latin1', 0, end).trimStart();
}

function readRole(body: Buffer): RoleSelection {
  if (body.length < 4) malformed('role selection is cut off');
  const length = body.readUInt16BE(0);
  if (length + 4 > body.length) malformed('role selection is cut off');
  return { sopClassUID: text(body.subarray(2, 2 + length)), scu: body[2 + length] === 1, scp: body[3 + length] === 1 };
}

function readUserInformation(body: Buffer): UserInformation {
  // The standard demands the maximum length; a peer that leaves it out gets the smallest that everybody takes.
  let maxPduLength = 16384;
  const roles: RoleSelection[] = [];
  const names: { implementationClassUID?: string; implementationVersionName?: string } = {};
  for (const item of items(body)) {
    if (item.type === 0x51) {
      if (item.body.length !== 4) malformed('maximum length has a wrong size');
      maxPduLength = item.body.readUInt32BE(0);
    } else if (item.type === 0x52) names.implementationClassUID = text(item.body);
    else if (item.type === 0x54) roles.push(readRole(item.body));
    else if (item.type === 0x55) names.implementationVersionName = text(item.body);
    // Asynchronous operations, extended negotiation and user identity are not supported and so not answered.
  }
  return { maxPduLength, roles, ...names };
}

function readProposedContext(body: Buffer): ProposedContext {
  if (body.length < 4) malformed('a presentation context is cut off');
  const id = body.readUInt8(0);
  if (id % 2 === 0) malformed('a presentation context ID is even');
  let abstractSyntaxUID = '';
  const transferSyntaxUIDs: string[] = [];
  for (const item of items(body.subarray(4))) {
    if (item.type === 0x30) abstractSyntaxUID = text(item.body);
    else if (item.type === 0x40) transferSyntaxUIDs.push(text(item.body));
  }
  return { id, abstractSyntaxUID, transferSyntaxUIDs };
}

export function decodeAssociateRequest(body: Buffer): AssociateRequest {
  if (body.length < 68) malformed('it is shorter than its fixed part');
  let contextName = '';
  let user: UserInformation | undefined;
  const contexts = new Map<number, ProposedContext>();
  for (const item of items(body.subarray(68))) {
    if (item.type === 0x10) contextName = text(item.body);
    else if (item.type === 0x50) user = readUserInformation(item.body);
    else if (item.type === 0x20) {
      const context = readProposedContext(item.body);
      if (contexts.has(context.id)) malformed('a presentation context ID is used twice');
      contexts.set(context.id, context);
    }
  }
  return {
    protocolVersion: body.readUInt16BE(0),
    calledAETitle: text(body.subarray(4, 20)),
    callingAETitle: text(body.subarray(20, 36)),
    applicationContextName: contextName,
    contexts: [...contexts.values()],
    ...(user ?? readUserInformation(Buffer.alloc(0))),
  };
}

export function decodeAssociateAccept(body: Buffer): AssociateAccept {
  if (body.length < 68) malformed('it is shorter than its fixed part');
  let user: UserInformation | undefined;
  const contexts: ContextAnswer[] = [];
  for (const item of items(body.subarray(68))) {
    if (item.type === 0x50) user = readUserInformation(item.body);
    else if (item.type === 0x21) {
      if (item.body.length < 4) malformed('a presentation context is cut off');
      let transferSyntaxUID = '';
      for (const inner of items(item.body.subarray(4))) if (inner.type === 0x40) transferSyntaxUID = text(inner.body);
      contexts.push({ id: item.body.readUInt8(0), result: item.body.readUInt8(2), transferSyntaxUID });
    }
  }
  return { contexts, ...(user ?? readUserInformation(Buffer.alloc(0))) };
}

function item(type: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  const header = Buffer.alloc(4);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function userInformation(maxPduLength: number, roles: readonly RoleSelection[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(maxPduLength);
  return item(0x50,
    item(0x51, length),
    item(0x52, implementationClassUID),
    ...roles.map((role) => item(0x54, uint16(role.sopClassUID.length), role.sopClassUID, Uint8Array.of(role.scu ? 1 : 0, role.scp ? 1 : 0))),
    item(0x55, implementationVersionName));
}

/** Version, AE titles and reserved bytes in front of the items. */
function fixedPart(calledAETitle: string, callingAETitle: string): Buffer {
  const bytes = Buffer.alloc(68);
  bytes.writeUInt16BE(1, 0);
  bytes.write(calledAETitle.padEnd(16).slice(0, 16), 4, 'latin1');
  bytes.write(callingAETitle.padEnd(16).slice(0, 16), 20, 'latin1');
  return bytes;
}

export function encodeAssociateRequest(request: {
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly contexts: readonly ProposedContext[];
  readonly maxPduLength: number;
  readonly roles?: readonly RoleSelection[];
}): Buffer {
  return encodePdu(pduType.associateRequest, Buffer.concat([
    fixedPart(request.calledAETitle, request.callingAETitle),
    item(0x10, applicationContextName),
    ...request.contexts.map((context) => item(0x20, Uint8Array.of(context.id, 0, 0, 0),
      item(0x30, context.abstractSyntaxUID),
      ...context.transferSyntaxUIDs.map((uid) => item(0x40, uid)))),
    userInformation(request.maxPduLength, request.roles ?? []),
  ]));
}

export function encodeAssociateAccept(accept: {
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly contexts: readonly ContextAnswer[];
  readonly maxPduLength: number;
  readonly roles: readonly RoleSelection[];
}): Buffer {
  return encodePdu(pduType.associateAccept, Buffer.concat([
    fixedPart(accept.calledAETitle, accept.callingAETitle),
    item(0x10, applicationContextName),
    ...accept.contexts.map((context) => item(0x21, Uint8Array.of(context.id, 0, context.result, 0), item(0x40, context.transferSyntaxUID))),
    userInformation(accept.maxPduLength, accept.roles),
  ]));
}
