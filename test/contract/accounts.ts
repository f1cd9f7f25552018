/** What accounts keep to, whichever database they lie in. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccounts, type Accounts } from '../../src/accounts/accounts.ts';
import type { AccountStore } from '../../src/accounts/store.ts';
import type { Changer } from '../../src/accounts/types.ts';

export interface AccountsFixture {
  /** The accounts as one server opens them; again as another one does. */
  readonly open: () => Promise<AccountStore>;
  /** Everything that is on disk or in the database, as bytes. */
  readonly bytes: () => Promise<Buffer>;
  readonly dispose: () => Promise<void>;
}

export const by: Changer = { name: 'somebody', kind: 'person', address: '10.0.0.9' };

export function testAccounts(what: string, createFixture: () => Promise<AccountsFixture>): void {
  describe(what, () => {
    let fixture: AccountsFixture;
    let accounts: Accounts;
    let store: AccountStore;
    let opened: AccountStore[] = [];
    let now = Date.UTC(2026, 2, 1, 8);
    const minute = 60_000;
    const good = 'phổi trái thùy trên';

    async function another(): Promise<{ readonly accounts: Accounts; readonly store: AccountStore }> {
      const one = await fixture.open();
      opened.push(one);
      return { accounts: createAccounts(one, () => now), store: one };
    }

    beforeEach(async () => {
      now = Date.UTC(2026, 2, 1, 8);
      fixture = await createFixture();
      ({ accounts, store } = await another());
    });
    afterEach(async () => {
      for (const one of opened) await one.close();
      opened = [];
      await fixture.dispose();
    });

    async function anAccount(username = 'an.nguyen'): Promise<string> {
      const first = await accounts.add({ username, name: 'Nguyễn An', roles: ['radiologist'] }, by);
      const { secret } = await accounts.login(username, first);
      await accounts.changePassword(username, first, good, secret);
      return secret;
    }

    describe('a password', () => {
      it('that was given must be changed, and the one that follows must be long and not be the name', async () => {
        const first = await accounts.add({ username: 'an', name: 'An', roles: ['radiologist'] }, by);
        const { identity, secret } = await accounts.login('AN ', first);
        expect(identity.account.mustChangePassword).toBe(true);
        for (const weak of ['short', 'aaaaaaaaaaaaaaaa', 'my name is an, really', first]) {
          await expect(accounts.changePassword('an', first, weak, secret)).rejects.toMatchObject({ code: 'ACCOUNT_PASSWORD_WEAK' });
        }
        await accounts.changePassword('an', first, good, secret);
        expect((await accounts.login('an', good)).identity.account.mustChangePassword).toBe(false);
      });

      it('ends every other session when it changes, and all when it is reset', async () => {
        const mine = await anAccount();
        const { secret: other } = await accounts.login('an.nguyen', good);
        await accounts.changePassword('an.nguyen', good, `${good} 2`, mine);
        expect([(await accounts.bySession(mine))?.account.username, await accounts.bySession(other)]).toEqual(['an.nguyen', undefined]);
        await accounts.resetPassword('an.nguyen', by);
        expect(await accounts.bySession(mine)).toBeUndefined();
      });
    });

    describe('a login', () => {
      it('locks after five failures, for longer each time, and lets the right password in after the lock only', async () => {
        await anAccount();
        const wrong = () => accounts.login('an.nguyen', 'wrong wrong wrong');
        for (let n = 0; n < 5; n += 1) await expect(wrong()).rejects.toMatchObject({ code: 'ACCOUNT_LOGIN_FAILED' });
        await expect(accounts.login('an.nguyen', good)).rejects.toMatchObject({ code: 'ACCOUNT_LOCKED', details: { retryAfterSeconds: 60 } });
        now += minute;
        await expect(wrong()).rejects.toMatchObject({ code: 'ACCOUNT_LOGIN_FAILED' });
        now += minute;
        await expect(accounts.login('an.nguyen', good)).rejects.toMatchObject({ code: 'ACCOUNT_LOCKED' });
        now += minute;
        await accounts.login('an.nguyen', good);
        await expect(wrong()).rejects.toMatchObject({ code: 'ACCOUNT_LOGIN_FAILED' });
        await accounts.login('an.nguyen', good);
      });

      it('is tried five times and no more, however many come at the same time and to whatever server', async () => {
        await anAccount();
        const { accounts: elsewhere } = await another();
        const said = await Promise.allSettled(Array.from({ length: 20 }, (_value, n) => (n % 2 === 0 ? accounts : elsewhere).login('an.nguyen', 'wrong wrong wrong')));
        const codes = said.map((answer) => (answer.status === 'rejected' ? (answer.reason as { code: string }).code : 'in'));
        expect(codes.filter((code) => code === 'ACCOUNT_LOGIN_FAILED').length).toBe(5);
        expect(codes.filter((code) => code === 'ACCOUNT_LOCKED').length).toBe(15);
        await expect(elsewhere.login('an.nguyen', good)).rejects.toMatchObject({ code: 'ACCOUNT_LOCKED' });
      });

      it('locks a name that does not exist in the same way, so that a lock tells nothing', async () => {
        const tried = async (name: string): Promise<readonly string[]> => {
          const codes: string[] = [];
          for (let n = 0; n < 7; n += 1) codes.push(await accounts.login(name, 'wrong wrong wrong').then(() => 'in', (error: unknown) => (error as { code: string }).code));
          return codes;
        };
        await anAccount();
        expect(await tried('nobody')).toEqual(await tried('an.nguyen'));
      });

      it('says the same of a name that does not exist, a wrong password and a disabled account', async () => {
        await anAccount();
        const said = async (name: string, password: string) => accounts.login(name, password).then(() => 'in', (error: unknown) => String(error));
        const wrong = await said('an.nguyen', 'wrong wrong wrong');
        expect(await said('nobody', good)).toBe(wrong);
        await accounts.setDisabled('an.nguyen', true, by);
        expect(await said('an.nguyen', good)).toBe(wrong);
      });
    });

    describe('a session', () => {
      it('ends after an hour without a request, after twelve hours in any case, at logout, and when the account is disabled', async () => {
        const secret = await anAccount();
        for (let n = 0; n < 22; n += 1) {
          now += 30 * minute;
          expect(await accounts.bySession(secret)).toBeDefined();
        }
        now += 61 * minute;
        expect(await accounts.bySession(secret)).toBeUndefined();
        const { secret: second } = await accounts.login('an.nguyen', good);
        for (let n = 0; n < 24; n += 1) {
          now += 30 * minute;
          expect(await accounts.bySession(second)).toBeDefined();
        }
        now += 30 * minute;
        expect(await accounts.bySession(second)).toBeUndefined();
        const { secret: third } = await accounts.login('an.nguyen', good);
        await accounts.logout(third);
        expect(await accounts.bySession(third)).toBeUndefined();
        const { secret: fourth } = await accounts.login('an.nguyen', good);
        await accounts.setDisabled('an.nguyen', true, by);
        expect(await accounts.bySession(fourth)).toBeUndefined();
      });
    });

    describe('a token', () => {
      it('does what it was made for, no more than its account, and until it expires', async () => {
        await anAccount();
        const { secret, token } = await accounts.addToken({ label: 'script', username: 'an.nguyen', scope: ['study.read'], days: 2 }, by);
        expect(await accounts.byToken(secret)).toMatchObject({ permissions: ['study.read'], by: 'token' });
        await expect(accounts.addToken({ label: 'x', username: 'an.nguyen', scope: ['accounts.manage'], days: 1 }, by)).rejects.toMatchObject({ code: 'ACCOUNT_INVALID' });
        await accounts.setRoles('an.nguyen', ['service'], by);
        await accounts.addToken({ label: 'y', username: 'an.nguyen', scope: ['study.store'], days: 1 }, by);
        now += 2 * 24 * 60 * minute;
        expect(await accounts.byToken(secret)).toBeUndefined();
        expect(await accounts.removeToken(token.id, by)).toBe(true);
        expect((await accounts.tokens()).map(({ label }) => label)).toEqual(['y']);
      });

      it('loses what its account loses', async () => {
        await anAccount();
        const { secret } = await accounts.addToken({ label: 'script', username: 'an.nguyen', scope: ['study.read', 'review.write'], days: 2 }, by);
        await accounts.setRoles('an.nguyen', ['researcher'], by);
        expect((await accounts.byToken(secret))?.permissions).toEqual(['study.read']);
        await accounts.setDisabled('an.nguyen', true, by);
        expect(await accounts.byToken(secret)).toBeUndefined();
      });
    });

    describe('two servers', () => {
      it('share sessions, tokens and what is changed', async () => {
        const secret = await anAccount();
        const { accounts: elsewhere } = await another();
        const { secret: token } = await accounts.addToken({ label: 'script', username: 'an.nguyen', scope: ['study.read'], days: 2 }, by);
        expect([(await elsewhere.bySession(secret))?.account.username, (await elsewhere.byToken(token))?.permissions]).toEqual(['an.nguyen', ['study.read']]);
        await elsewhere.setDisabled('an.nguyen', true, by);
        expect([await accounts.bySession(secret), await accounts.byToken(token)]).toEqual([undefined, undefined]);
        await expect(elsewhere.add({ username: 'an.nguyen', name: 'Again', roles: ['service'] }, by)).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
      });

      it('find a login that was begun at the other once, and not for ever', async () => {
        const { accounts: elsewhere } = await another();
        const [first, late] = [await accounts.beginProvided('{"state":"x"}'), await accounts.beginProvided('{}')];
        const taken = await Promise.all([elsewhere, accounts].map((one) => one.takeProvided(first, minute)));
        expect(taken.filter((login) => login !== undefined)).toEqual(['{"state":"x"}']);
        now += 2 * minute;
        expect([await elsewhere.takeProvided(late, minute), await elsewhere.takeProvided('invented', minute), await elsewhere.takeProvided(undefined, minute)]).toEqual([undefined, undefined, undefined]);
      });

      it('make one account of a person who logs in at both for the first time', async () => {
        const { accounts: elsewhere } = await another();
        const person = { provider: { issuer: 'https://id.example', subject: 's-1' }, preferredUsername: 'An', name: 'An', roles: ['radiologist' as const], sessionMs: 60 * minute };
        const both = await Promise.all([accounts, elsewhere].map((one) => one.loginProvided(person)));
        expect(both.map(({ identity }) => identity.account.username)).toEqual(['an@sso', 'an@sso']);
        await expect(accounts.loginProvided({ ...person, roles: [] })).rejects.toMatchObject({ code: 'ACCOUNT_NO_ROLE' });
        expect(await elsewhere.bySession(both[1]!.secret)).toBeUndefined();
      });
    });

    it('every change of an account or token is written down with who made it, and what failed is not', async () => {
      await anAccount();
      await accounts.setRoles('an.nguyen', ['service'], by);
      const { token } = await accounts.addToken({ label: 'script', username: 'an.nguyen', scope: ['study.read'], days: 2 }, by);
      await accounts.removeToken(token.id, by);
      await accounts.resetPassword('an.nguyen', by);
      await accounts.setDisabled('an.nguyen', true, by);
      await expect(accounts.setRoles('nobody', ['service'], by)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
      const changes = await store.changes(100);
      expect(changes.map(({ change }) => [change.what, change.username])).toEqual([
        'account-added', 'account-roles', 'token-added', 'token-removed', 'account-password-reset', 'account-disabled',
      ].map((made) => [made, 'an.nguyen']));
      expect(changes[1]!.change).toMatchObject({ by, details: { roles: ['service'] } });
      await store.forgetChange(changes[0]!.id);
      expect((await store.changes(1)).map(({ change }) => change.what)).toEqual(['account-roles']);
    });

    it('neither passwords nor what sessions and tokens are presented with are kept', async () => {
      const session = await anAccount();
      const { secret } = await accounts.addToken({ label: 'script', username: 'an.nguyen', scope: ['study.read'], days: 2 }, by);
      await expect(accounts.login('typed-into-the-wrong-field', 'x')).rejects.toMatchObject({ code: 'ACCOUNT_LOGIN_FAILED' });
      const bytes = await fixture.bytes();
      expect(bytes.includes(Buffer.from('an.nguyen'))).toBe(true);
      for (const value of [session, secret, good, 'typed-into']) expect(bytes.includes(Buffer.from(value))).toBe(false);
    });
  });
}
