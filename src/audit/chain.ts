/** The chain: each entry carries the hash of the one before, so that none can be changed, dropped or put in later unseen. */
import { createHash } from 'node:crypto';
import type { AuditEntry, AuditEvent } from './entry.ts';

export const genesisHash = '0'.repeat(64);

/** JSON with sorted keys: the same content always gives the same text (in the manner of RFC 8785). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

export function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(entry)).digest('hex');
}

/** Where a chain stands: the number and the hash of its last entry. */
export interface AuditHead {
  readonly sequence: number;
  readonly hash: string;
}

export const emptyHead: AuditHead = { sequence: 0, hash: genesisHash };

export function chained(event: AuditEvent, head: AuditHead, at: string): AuditEntry {
  const body = { ...event, sequence: head.sequence + 1, at, previousHash: head.hash };
  return { ...body, hash: hashOf(body) };
}
