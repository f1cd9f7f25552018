/** Reads a whole trail and proves that it is the one that was written, or names the first entry that is not. */
import { createReadStream } from 'node:fs';
import { canonicalJson, emptyHead, hashOf, type AuditHead } from './chain.ts';
import type { AuditEntry } from './entry.ts';
import { listSegments } from './segments.ts';

export interface BrokenLink {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Sequence number that was due there. */
  readonly sequence: number;
  readonly why: 'segment-missing' | 'no-entry' | 'wrong-sequence' | 'changed' | 'not-linked' | 'head-missing';
}

export interface Verification {
  /** Entries that are proven. */
  readonly entries: number;
  readonly head: AuditHead;
  readonly broken?: BrokenLink;
}

/** The fault of an entry that follows `head`; undefined when it is the one that was written. */
function faultOf(entry: AuditEntry, head: AuditHead): BrokenLink['why'] | undefined {
  if (entry.sequence !== head.sequence + 1) return 'wrong-sequence';
  const { hash, ...body } = entry;
  if (typeof hash !== 'string' || hashOf(body) !== hash) return 'changed';
  return entry.previousHash === head.hash ? undefined : 'not-linked';
}

/** Only the very text that the writer wrote is an entry: no other spelling of the same JSON. */
function parsed(line: string): AuditEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && canonicalJson(value) === line ? value as AuditEntry : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Lines that end in a line feed and nothing else; a last one without is given as it is, with `isEnded` false. */
async function* linesOf(path: string): AsyncGenerator<{ readonly text: string; readonly isEnded: boolean }> {
  let rest = '';
  for await (const chunk of createReadStream(path, 'utf8')) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const text of parts) yield { text, isEnded: true };
  }
  if (rest !== '') yield { text: rest, isEnded: false };
}

/** Every entry in order, each with where it stands; `entry` is undefined for a line that is none. */
export async function* readTrail(folder: string): AsyncGenerator<{ readonly file: string; readonly line: number; readonly entry: AuditEntry | undefined }> {
  for (const { name, path } of await listSegments(folder)) {
    let line = 0;
    for await (const { text, isEnded } of linesOf(path)) {
      line += 1;
      yield { file: name, line, entry: isEnded ? parsed(text) : undefined };
    }
  }
}

/**
 * @param known a head that was noted elsewhere (a log, a printed report): a chain cannot tell by itself that its end
 * was cut off, so the entry of that number must exist and have that hash.
 */
export async function verifyTrail(folder: string, known?: AuditHead): Promise<Verification> {
  const segments = await listSegments(folder);
  const gap = segments.find(({ number }, index) => number !== index + 1);
  let head = emptyHead;
  let seen = known === undefined || known.sequence === 0;
  const fail = (file: string, line: number, why: BrokenLink['why']): Verification => (
    { entries: head.sequence, head, broken: { file, line, sequence: head.sequence + 1, why } });
  for await (const { file, line, entry } of readTrail(folder)) {
    if (gap !== undefined && file === gap.name) return fail(file, line, 'segment-missing');
    const why = entry === undefined ? 'no-entry' : faultOf(entry, head);
    if (why !== undefined || entry === undefined) return fail(file, line, why ?? 'no-entry');
    head = { sequence: entry.sequence, hash: entry.hash };
    if (known !== undefined && entry.sequence === known.sequence) {
      if (entry.hash !== known.hash) return { ...fail(file, line, 'changed'), entries: head.sequence - 1 };
      seen = true;
    }
  }
  if (!seen) return fail(segments.at(-1)?.name ?? '', 0, 'head-missing');
  return { entries: head.sequence, head };
}
