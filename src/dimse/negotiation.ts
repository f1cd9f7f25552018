/** What an acceptor answers to an A-ASSOCIATE-RQ. Pure: everything it needs is in the request and the policy. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { contextResult, type AssociateRequest, type ContextAnswer, type ProposedContext, type RoleSelection } from './associate-pdu.ts';
import type { AcceptedContext } from './association.ts';
import { rejection, type Rejection } from './pdu.ts';
import { isStorageSOPClass } from './sop-classes.ts';
import { explicitVRBigEndian, implicitVRLittleEndian } from '../dicom/transfer-syntax.ts';
import type { ClientTlsFiles } from './tls.ts';
import { chooseTransferSyntax, plainTransferSyntaxes, storageTransferSyntaxes } from './transfer-syntaxes.ts';
import { applicationContextName, storageCommitmentSOPClass, verificationSOPClass } from './uids.ts';

/** A system that may store here. */
export interface DimsePeer {
  readonly aeTitle: string;
  /** IP address or network (`10.1.0.0/16`) it calls from; any when left out. */
  readonly address?: string;
  /** Where it listens, for storage commitment reports that come too late for its own association. */
  readonly host?: string;
  readonly port?: number;
  /** It is called with TLS. */
  readonly tls?: ClientTlsFiles;
  /** Associations that it may have at once. */
  readonly maxAssociations?: number;
  /** It is known only over TLS. */
  readonly requireTls?: boolean;
}

export interface AcceptPolicy {
  readonly aeTitle: string;
  readonly peers: readonly DimsePeer[];
  /** Take instances from callers that are not among `peers`. */
  readonly openToAnyPeer: boolean;
  readonly storageCommitment: boolean;
  /** AE titles that may report on commitments that we asked for, whether or not they may store. */
  readonly reporters?: ReadonlySet<string>;
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

/** Where a caller comes from: its IP address, and whether over TLS. */
export interface Caller {
  readonly address: string;
  readonly tls: boolean;
}

/** The entry of the list that the caller fits. */
export function peerOf(peers: readonly DimsePeer[], callingAETitle: string, { address, tls }: Caller): DimsePeer | undefined {
  const plain = plainAddress(address);
  return peers.find((peer) => peer.aeTitle === callingAETitle && (peer.address === undefined || addressMatches(peer.address, plain)) && (tls || peer.requireTls !== true));
}

const verificationTransferSyntaxes: ReadonlySet<string> = new Set([...plainTransferSyntaxes, explicitVRBigEndian]);

function supportedTransferSyntaxes(abstractSyntaxUID: string, policy: AcceptPolicy): ReadonlySet<string> | undefined {
  if (abstractSyntaxUID === verificationSOPClass) return verificationTransferSyntaxes;
  if (abstractSyntaxUID === storageCommitmentSOPClass) return policy.storageCommitment || policy.reporters !== undefined ? plainTransferSyntaxes : undefined;
  return isStorageSOPClass(abstractSyntaxUID) ? storageTransferSyntaxes : undefined;
}

/** What anybody may do: verify; and who was asked for a commitment: report on it. */
function isOpenTo(abstractSyntaxUID: string, callingAETitle: string, policy: AcceptPolicy): boolean {
  return abstractSyntaxUID === verificationSOPClass || (abstractSyntaxUID === storageCommitmentSOPClass && policy.reporters?.has(callingAETitle) === true);
}

function answerContext(context: ProposedContext, policy: AcceptPolicy, allowed: boolean): ContextAnswer {
  const refused = (result: number): ContextAnswer => ({ id: context.id, result, transferSyntaxUID: implicitVRLittleEndian });
  if (!allowed) return refused(contextResult.userRejection);
  const supported = supportedTransferSyntaxes(context.abstractSyntaxUID, policy);
  if (supported === undefined) return refused(contextResult.abstractSyntaxNotSupported);
  const transferSyntaxUID = chooseTransferSyntax(context.transferSyntaxUIDs, supported);
  if (transferSyntaxUID === undefined) return refused(contextResult.transferSyntaxesNotSupported);
  return { id: context.id, result: contextResult.acceptance, transferSyntaxUID };
}

/**
 * A caller that is not on the list may verify the connection (C-ECHO) and report
 * on a commitment that it was asked for, nothing else: it is rejected unless it proposes that, and then only that is
 * accepted.
 */
export function negotiate(request: AssociateRequest, caller: Caller, policy: AcceptPolicy): Negotiated {
  // Bit 0 is version 1; other bits are versions this one need not know (PS3.8 9.3.2).
  if ((request.protocolVersion & 1) === 0) return { kind: 'reject', rejection: rejection.protocolVersionNotSupported };
  if (request.applicationContextName !== applicationContextName) return { kind: 'reject', rejection: rejection.applicationContextNotSupported };
  if (request.calledAETitle !== policy.aeTitle) return { kind: 'reject', rejection: rejection.calledAETitleNotRecognized };
  const peer = peerOf(policy.peers, request.callingAETitle, caller);
  // Who is on the list for TLS only stays out without it, also where everybody else may come in.
  const known = peer !== undefined || (policy.openToAnyPeer && !policy.peers.some(({ aeTitle, requireTls }) => requireTls === true && aeTitle === request.callingAETitle && !caller.tls));
  const isAllowed = ({ abstractSyntaxUID }: ProposedContext): boolean => known || isOpenTo(abstractSyntaxUID, request.callingAETitle, policy);
  if (!known && !request.contexts.some(isAllowed)) {
    return { kind: 'reject', rejection: rejection.callingAETitleNotRecognized };
  }
  const answers = request.contexts.map((context) => answerContext(context, policy, isAllowed(context)));
  const contexts = new Map<number, AcceptedContext>();
  for (const [index, answer] of answers.entries()) {
    if (answer.result !== contextResult.acceptance) continue;
    const { abstractSyntaxUID } = request.contexts[index]!;
    contexts.set(answer.id, { id: answer.id, abstractSyntaxUID, transferSyntaxUID: answer.transferSyntaxUID });
  }
  // The caller stays the SCU of every service, but who reports on our commitments is the SCP of that one.
  const accepted = new Set([...contexts.values()].map((context) => context.abstractSyntaxUID));
  const roles = request.roles.filter((role) => accepted.has(role.sopClassUID))
    .map((role) => ({ ...role, scp: role.scp && role.sopClassUID === storageCommitmentSOPClass && policy.reporters !== undefined }));
  return { kind: 'accept', answers, contexts, roles };
}
