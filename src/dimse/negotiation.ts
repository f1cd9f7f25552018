/** What an acceptor answers to an A-ASSOCIATE-RQ. Pure: everything it needs is in the request and the policy. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { contextResult, type AssociateRequest, type ContextAnswer, type ProposedContext, type RoleSelection } from './associate-pdu.ts';
import type { AcceptedContext } from './association.ts';
import { rejection, type Rejection } from './pdu.ts';
import { isStorageSOPClass } from './sop-classes.ts';
import { explicitVRBigEndian, implicitVRLittleEndian } from '../dicom/transfer-syntax.ts';
import { chooseTransferSyntax, plainTransferSyntaxes, storageTransferSyntaxes } from './transfer-syntaxes.ts';
import { applicationContextName, storageCommitmentSOPClass, verificationSOPClass } from './uids.ts';

/** A system that may store here. */
export interface DimsePeer {
  readonly aeTitle: string;
  /** IP address or network (`10.1.0.0/16`) it calls from; any when left out. */
  readonly address?: string;
  /** Where it listens, for storage commitment reports that come too late for its own association. */
  readonly port?: number;
}

export interface AcceptPolicy {
  readonly aeTitle: string;
  readonly peers: readonly DimsePeer[];
  /** Take instances from callers that are not among `peers`. */
  readonly openToAnyPeer: boolean;
  readonly storageCommitment: boolean;
}

export type Negotiated =
  | { readonly kind: 'reject'; readonly rejection: Rejection }
  | {
    readonly kind: 'accept';
    readonly answers: readonly ContextAnswer[];
    readonly contexts: ReadonlyMap<number, AcceptedContext>;
    readonly roles: readonly RoleSelection[];
  };

/** IPv4 addresses mapped into IPv6 (`::ffff:10.0.0.1`) as plain IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  return isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
}

function blockList(rule: string): BlockList | undefined {
  const [network = '', prefix, more] = rule.split('/');
  const family = familyOf(network);
  if (family === undefined || more !== undefined) return undefined;
  const list = new BlockList();
  if (prefix === undefined) list.addAddress(network, family);
  else if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 'ipv4' ? 32 : 128)) list.addSubnet(network, Number(prefix), family);
  else return undefined;
  return list;
}

/** True for an IP address, a network such as `10.1.0.0/16`, and `localhost`. */
export function isAddressRule(rule: string): boolean {
  return rule === 'localhost' || blockList(rule) !== undefined;
}

/** True when `address` is the one of the rule or lies in its network. An unreadable rule allows nothing. */
export function addressMatches(rule: string, address: string): boolean {
  if (rule === 'localhost') return address === '127.0.0.1' || address === '::1';
  const family = familyOf(address);
  return family !== undefined && blockList(rule)?.check(address, family) === true;
}

function isKnownCaller(policy: AcceptPolicy, callingAETitle: string, address: string): boolean {
  if (policy.openToAnyPeer) return true;
  return policy.peers.some((peer) => peer.aeTitle === callingAETitle && (peer.address === undefined || addressMatches(peer.address, address)));
}

const verificationTransferSyntaxes: ReadonlySet<string> = new Set([...plainTransferSyntaxes, explicitVRBigEndian]);

function supportedTransferSyntaxes(abstractSyntaxUID: string, policy: AcceptPolicy): ReadonlySet<string> | undefined {
  if (abstractSyntaxUID === verificationSOPClass) return verificationTransferSyntaxes;
  if (abstractSyntaxUID === storageCommitmentSOPClass) return policy.storageCommitment ? plainTransferSyntaxes : undefined;
  return isStorageSOPClass(abstractSyntaxUID) ? storageTransferSyntaxes : undefined;
}

function answerContext(context: ProposedContext, policy: AcceptPolicy, known: boolean): ContextAnswer {
  const refused = (result: number): ContextAnswer => ({ id: context.id, result, transferSyntaxUID: implicitVRLittleEndian });
  if (!known && context.abstractSyntaxUID !== verificationSOPClass) return refused(contextResult.userRejection);
  const supported = supportedTransferSyntaxes(context.abstractSyntaxUID, policy);
  if (supported === undefined) return refused(contextResult.abstractSyntaxNotSupported);
  const transferSyntaxUID = chooseTransferSyntax(context.transferSyntaxUIDs, supported);
  if (transferSyntaxUID === undefined) return refused(contextResult.transferSyntaxesNotSupported);
  return { id: context.id, result: contextResult.acceptance, transferSyntaxUID };
}

/**
 * `address` is the caller's IP address. A caller that is not on the list may verify the connection (C-ECHO), nothing
 * else: it is rejected unless it proposes Verification, and then only that context is accepted.
 */
export function negotiate(request: AssociateRequest, address: string, policy: AcceptPolicy): Negotiated {
  // Bit 0 is version 1; other bits are versions this one need not know (PS3.8 9.3.2).
  if ((request.protocolVersion & 1) === 0) return { kind: 'reject', rejection: rejection.protocolVersionNotSupported };
  if (request.applicationContextName !== applicationContextName) return { kind: 'reject', rejection: rejection.applicationContextNotSupported };
  if (request.calledAETitle !== policy.aeTitle) return { kind: 'reject', rejection: rejection.calledAETitleNotRecognized };
  const known = isKnownCaller(policy, request.callingAETitle, plainAddress(address));
  if (!known && !request.contexts.some((context) => context.abstractSyntaxUID === verificationSOPClass)) {
    return { kind: 'reject', rejection: rejection.callingAETitleNotRecognized };
  }
  const answers = request.contexts.map((context) => answerContext(context, policy, known));
  const contexts = new Map<number, AcceptedContext>();
  for (const [index, answer] of answers.entries()) {
    if (answer.result !== contextResult.acceptance) continue;
    const { abstractSyntaxUID } = request.contexts[index]!;
    contexts.set(answer.id, { id: answer.id, abstractSyntaxUID, transferSyntaxUID: answer.transferSyntaxUID });
  }
  // The caller stays the SCU of every service; whoever asks to be an SCP as well is told no.
  const accepted = new Set([...contexts.values()].map((context) => context.abstractSyntaxUID));
  const roles = request.roles.filter((role) => accepted.has(role.sopClassUID)).map((role) => ({ ...role, scp: false }));
  return { kind: 'accept', answers, contexts, roles };
}
