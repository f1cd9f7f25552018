import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/entry.ts';
import { openAuditTrail } from '../../src/audit/trail.ts';
import { verifyTrail } from '../../src/audit/verify.ts';

let folder = '';
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-audit-')); });
afterEach(async () => rm(folder, { recursive: true, force: true }));

function look(name: string): AuditEvent {
  return { kind: 'study-accessed', action: 'read', outcome: 'success', actor: { name, kind: 'person', address: '10.0.0.9' }, what: 'REST', studyInstanceUID: '1.2.3' };
}

async function write(count: number, options: { readonly segmentBytes?: number } = {}): Promise<void> {
  const trail = await openAuditTrail(folder, options);
  for (let n = 0; n < count; n += 1) await trail.append(look(`reader ${n}`));
  await trail.close();
}

const first = (): string => join(folder, 'audit-000001.jsonl');

describe('a trail that nobody touched', () => {
  it('is whole, with numbers without gaps, over restarts and files', async () => {
    await write(5, { segmentBytes: 600 });
    await write(4, { segmentBytes: 600 });
    expect((await readdir(folder)).length).toBeGreaterThan(2);
    const { entries, head, broken } = await verifyTrail(folder);
    expect(broken).toBeUndefined();
    expect(entries).toBe(9);
    expect(head.sequence).toBe(9);
  });

  it('keeps the order in which entries were asked for together', async () => {
    const trail = await openAuditTrail(folder);
    const written = await Promise.all(Array.from({ length: 200 }, (_value, n) => trail.append(look(`reader ${n}`))));
    await trail.close();
    expect(written.map(({ sequence, actor }) => [sequence, actor.name])).toEqual(Array.from({ length: 200 }, (_value, n) => [n + 1, `reader ${n}`]));
    expect(await verifyTrail(folder)).toMatchObject({ entries: 200, head: trail.head() });
  });

  it('goes on in the next file also where an attempt to begin it failed half-way', async () => {
    const trail = await openAuditTrail(folder, { segmentBytes: 100 });
    await trail.append(look('reader 0'));
    await writeFile(join(folder, 'audit-000002.jsonl'), '');
    await trail.append(look('reader 1'));
    await trail.close();
    expect(await verifyTrail(folder)).toMatchObject({ entries: 2, head: trail.head() });
  });

  it('is whole when it is empty', async () => {
    await write(0);
    expect(await verifyTrail(folder)).toMatchObject({ entries: 0 });
  });
});

describe('a trail that somebody changed', () => {
  it('is broken by any changed byte, at that entry or before the one after it', async () => {
    await write(6);
    const bytes = await readFile(first());
    await fc.assert(fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at]! + change) % 256;
      await writeFile(first(), changed);
      const line = bytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
      const { broken } = await verifyTrail(folder, { sequence: 6, hash: (JSON.parse(bytes.toString().trimEnd().split('\n').at(-1)!) as { hash: string }).hash });
      expect(broken).toBeDefined();
      expect(Math.abs(broken!.sequence - line)).toBeLessThanOrEqual(1);
    }), { numRuns: 300 });
  });

  it('names the entry that was taken out', async () => {
    await write(6);
    const lines = (await readFile(first(), 'utf8')).split('\n');
    await writeFile(first(), lines.filter((_line, index) => index !== 2).join('\n'));
    expect((await verifyTrail(folder)).broken).toMatchObject({ line: 3, sequence: 3, why: 'wrong-sequence' });
  });

  it('names the file that was taken out', async () => {
    await write(6, { segmentBytes: 300 });
    await rm(join(folder, 'audit-000002.jsonl'));
    expect((await verifyTrail(folder)).broken).toMatchObject({ file: 'audit-000003.jsonl', why: 'segment-missing' });
  });

  it('shows that its end was cut off to whoever noted the head elsewhere', async () => {
    await write(6);
    const { head } = await verifyTrail(folder);
    const lines = (await readFile(first(), 'utf8')).trimEnd().split('\n');
    await writeFile(first(), `${lines.slice(0, 4).join('\n')}\n`);
    expect((await verifyTrail(folder)).broken).toBeUndefined();
    expect((await verifyTrail(folder, head)).broken).toMatchObject({ sequence: 5, why: 'head-missing' });
  });

  it('shows that it was written anew as a whole to whoever noted the head elsewhere', async () => {
    await write(3);
    const { head } = await verifyTrail(folder);
    await rm(first());
    await write(3);
    expect((await verifyTrail(folder)).broken).toBeUndefined();
    expect((await verifyTrail(folder, head)).broken).toMatchObject({ why: 'changed' });
  });
});

describe('a crash', () => {
  it('in the middle of an entry leaves the entries before it, and says what was cut off', async () => {
    await write(3);
    await appendFile(first(), '{"action":"read","act');
    await write(1);
    const text = await readFile(first(), 'utf8');
    expect(await verifyTrail(folder)).toMatchObject({ entries: 5 });
    expect(JSON.parse(text.split('\n')[3]!)).toMatchObject({ kind: 'trail-repaired', sequence: 4, details: { bytes: 21 } });
  });

  it('after a new file was begun goes on with the number and the hash of the file before', async () => {
    await write(3);
    await writeFile(join(folder, 'audit-000002.jsonl'), '');
    await write(2);
    expect(await verifyTrail(folder)).toMatchObject({ entries: 5 });
    expect((await readFile(join(folder, 'audit-000002.jsonl'), 'utf8')).split('\n')).toHaveLength(3);
  });
});

it('a closed trail takes nothing more', async () => {
  const trail = await openAuditTrail(folder);
  await trail.close();
  await expect(trail.append(look('late'))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
});
