/**
 * Changes of accounts and tokens, into the audit trail. Whoever makes one, by HTTP or by a command beside the service,
 * writes it down with the change itself; the service that writes the trail takes it in from there. A crash between the two
 * steps enters a change twice, never not at all.
 */
import type { AccountStore } from '../accounts/store.ts';
import type { AccountChange } from '../accounts/types.ts';
import type { StudyIndex } from '../index/port.ts';
import type { Log } from '../log.ts';
import { startLoop } from '../loop.ts';
import type { AuditEntry, AuditEvent } from './entry.ts';

const pollMs = 2_000;
const faultMs = 10_000;
const batch = 100;

export interface AccountChangesOptions {
  readonly accounts: Pick<AccountStore, 'changes' | 'forgetChange'>;
  readonly index: Pick<StudyIndex, 'exclusively'>;
  /** Rejects when the trail cannot be written. */
  readonly append: (event: AuditEvent) => Promise<AuditEntry>;
  readonly log: Log;
}

function eventOf({ what, username, at, by, details }: AccountChange): AuditEvent {
  return {
    kind: 'administration', action: what === 'account-added' || what === 'token-added' ? 'create' : what === 'token-removed' ? 'delete' : 'update',
    outcome: 'success', actor: by, what, details: { ...details, username, changedAt: at },
  };
}

export function recordAccountChanges({ accounts, index, append, log }: AccountChangesOptions): { close(): Promise<void> } {
  const ending = new AbortController();
  const loop = startLoop({
    pollMs, faultMs, now: Date.now, signal: ending.signal, log, failure: 'Changes of accounts could not be taken into the audit trail',
    pass: () => index.exclusively('account changes', async () => {
      const changes = await accounts.changes(batch);
      for (const { id, change } of changes) {
        await append(eventOf(change));
        await accounts.forgetChange(id);
      }
      return changes.length === batch;
    }),
  });
  return {
    async close() {
      ending.abort();
      loop.wake();
      await loop.done;
    },
  };
}
