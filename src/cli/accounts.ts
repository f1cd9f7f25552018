/** `phoi accounts`: the first account has to come from somebody who can reach the data folder. */
import { resolve } from 'node:path';
import { createAccounts, type Accounts } from '../accounts/accounts.ts';
import { permissions, roles, type Permission, type Role } from '../accounts/permissions.ts';
import { openAccountStore } from '../accounts/open.ts';
import type { Changer } from '../accounts/types.ts';
import { silentLog } from '../log.ts';
import { readSettings } from '../settings.ts';
import { UsageError, readArguments, readNumber, type Command, type ExitCode } from './command.ts';

interface Values {
  readonly name?: string | undefined;
  readonly role?: readonly string[] | undefined;
  readonly site?: readonly string[] | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly label?: string | undefined;
  readonly days: string;
  readonly json: boolean;
}

function readRoles(given: readonly string[] | undefined): readonly Role[] {
  const unknown = (given ?? []).find((role) => !(roles as readonly string[]).includes(role));
  if (given === undefined || unknown !== undefined) throw new UsageError(`--role is one of ${roles.join(', ')}`);
  return given as readonly Role[];
}

function say(json: boolean, value: unknown, line: string): ExitCode {
  console.log(json ? JSON.stringify(value) : line);
  return 0;
}

/** Whoever can reach the data folder; the system knows no more of them. */
const by: Changer = { name: 'command line', kind: 'service' };

async function act(accounts: Accounts, action: string | undefined, username: string | undefined, values: Values): Promise<ExitCode> {
  const { json } = values;
  if (action === 'list') {
    const items = await accounts.list();
    return say(json, items, items.map((account) => `${account.username.padEnd(20)} ${account.roles.join(',').padEnd(26)} ${account.disabled ? 'disabled' : (account.lastLoginAt ?? 'never logged in').padEnd(24)}  ${account.name}`).join('\n') || 'There is no account.');
  }
  if (username === undefined) throw new UsageError('the name of the account is missing');
  switch (action) {
    case 'add': {
      const password = await accounts.add({ username, name: values.name ?? username, roles: readRoles(values.role), ...(values.site === undefined ? {} : { sites: values.site }) }, by);
      return say(json, { username, password }, `First password of ${username}, to be changed at the first login: ${password}`);
    }
    case 'reset': {
      const password = await accounts.resetPassword(username, by);
      return say(json, { username, password }, `New first password of ${username}: ${password}`);
    }
    case 'roles':
      await accounts.setRoles(username, readRoles(values.role), by);
      return say(json, { username }, 'Done.');
    case 'sites':
      await accounts.setSites(username, values.site, by);
      return say(json, { username }, 'Done.');
    case 'disable':
    case 'enable':
      await accounts.setDisabled(username, action === 'disable', by);
      return say(json, { username }, 'Done.');
    case 'token': {
      const scope = values.scope ?? [];
      const unknown = scope.find((permission) => !(permissions as readonly string[]).includes(permission));
      if (scope.length === 0 || unknown !== undefined) throw new UsageError(`--scope is one of ${permissions.join(', ')}`);
      const days = readNumber('days', values.days, { min: 1, max: 366 })!;
      const { secret, token } = await accounts.addToken({ label: values.label ?? 'command line', username, scope: scope as readonly Permission[], days, ...(values.site === undefined ? {} : { sites: values.site }) }, by);
      return say(json, { secret, token }, `Token of ${username}, told once, until ${token.expiresAt}: ${secret}`);
    }
    default: throw new UsageError('say list, add, reset, roles, sites, disable, enable or token');
  }
}

export const accounts: Command = {
  summary: 'adds and changes accounts and tokens',
  usage: [
    'phoi accounts list [--json]',
    `phoi accounts add USERNAME --name "Nguyễn An" --role ROLE [--role ROLE] [--site SITE …]     roles: ${roles.join(', ')}`,
    'phoi accounts reset | disable | enable USERNAME',
    'phoi accounts roles USERNAME --role ROLE',
    'phoi accounts sites USERNAME [--site SITE …]     sites of the settings; without --site all',
    'phoi accounts token USERNAME --label TEXT --scope PERMISSION [--scope …] [--site SITE …] [--days 90]',
    'The folder is PHOI_DATA_DIR or --data; with DATABASE_URL (and without --data) they lie in that database. The service uses accounts when http.accounts (PHOI_ACCOUNTS=true) is set.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, {
      data: { type: 'string' }, name: { type: 'string' }, role: { type: 'string', multiple: true }, site: { type: 'string', multiple: true }, scope: { type: 'string', multiple: true },
      label: { type: 'string' }, days: { type: 'string', default: '90' },
    });
    const settings = readSettings(process.env);
    const store = await openAccountStore(values.data === undefined ? settings : { dataDir: resolve(values.data) }, silentLog());
    try {
      return await act(createAccounts(store, Date.now, settings.sites.map(({ name }) => name)), positionals[0], positionals[1], values);
    } finally {
      await store.close();
    }
  },
};
