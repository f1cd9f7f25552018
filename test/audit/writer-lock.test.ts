/** One writer at a time: in one process, over processes, and after one was killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/entry.ts';
import { openAuditTrail } from '../../src/audit/trail.ts';
import { verifyTrail } from '../../src/audit/verify.ts';

let folder = '';
const children: ChildProcess[] = [];
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-lock-')); });
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const event: AuditEvent = { kind: 'export', action: 'read', outcome: 'success', actor: { name: 'an', kind: 'person' }, what: 'begun' };

/** Another process that opens the trail, writes as many entries as it can, and never ends by itself. */
async function writer(): Promise<ChildProcess> {
  const script = `
    const { openAuditTrail } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/audit/trail.ts'))});
    const trail = await openAuditTrail(${JSON.stringify(folder)});
    await trail.append(${JSON.stringify(event)});
    console.log('open');
    for (;;) await trail.append(${JSON.stringify(event)});`;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line') as [string];
  expect(line).toBe('open');
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('a trail that is being written', () => {
  it('opens no second time in the same process, and again after it was closed', async () => {
    const first = await openAuditTrail(folder);
    await expect(openAuditTrail(folder)).rejects.toMatchObject({ code: 'AUDIT_IN_USE' });
    await first.append(event);
    await first.close();
    await first.close();
    const second = await openAuditTrail(folder);
    expect((await second.append(event)).sequence).toBe(2);
    await second.close();
  });

  it('opens in no other process, stays whole, and opens at once when that process is killed', async () => {
    for (let round = 0; round < 3; round += 1) {
      const child = await writer();
      const before = await readdir(folder);
      await expect(openAuditTrail(folder)).rejects.toMatchObject({ code: 'AUDIT_IN_USE' });
      expect(await readdir(folder)).toEqual(before);
      await killed(child);
      const trail = await openAuditTrail(folder);
      await trail.append(event);
      await trail.close();
      const { broken, head } = await verifyTrail(folder);
      expect(broken).toBeUndefined();
      expect(head).toEqual(trail.head());
    }
  });

  it('is not repaired by whoever may not write it', async () => {
    const trail = await openAuditTrail(folder);
    await trail.append(event);
    const path = join(folder, 'audit-000001.jsonl');
    // As an entry looks that the writer is in the middle of.
    await appendFile(path, '{"action":');
    await expect(openAuditTrail(folder)).rejects.toMatchObject({ code: 'AUDIT_IN_USE' });
    expect((await verifyTrail(folder)).broken).toBeDefined();
    await trail.close();
    await (await openAuditTrail(folder)).close();
    expect((await verifyTrail(folder)).broken).toBeUndefined();
  });

  it('one that could not be opened leaves no lock behind', async () => {
    const trail = await openAuditTrail(folder);
    await trail.append(event);
    await trail.close();
    await appendFile(join(folder, 'audit-000001.jsonl'), 'no JSON\n');
    await expect(openAuditTrail(folder)).rejects.toThrow(SyntaxError);
    await rm(join(folder, 'audit-000001.jsonl'));
    await (await openAuditTrail(folder)).close();
  });
});
