import { logOut, signOutPath, type SessionInfo } from '../api/session.ts';
import { t } from '../i18n/index.ts';
import { setAccountReader } from '../review/identity.ts';
import { el } from '../ui/dom.ts';

let session: SessionInfo = { accounts: false };

/** Keeps who is logged in: with accounts that is who reads. */
export function setSession(next: SessionInfo): void {
  session = next;
  setAccountReader(next.account === undefined ? undefined : { id: next.account.username, name: next.account.name }, next.permissions === undefined || next.permissions.includes('review.write'));
}

/** True when the page must ask for a login, or for a password of one's own, before it shows anything. */
export function needsLogin(): boolean {
  return session.accounts && (session.account === undefined || session.account.mustChangePassword);
}

export function currentSession(): SessionInfo {
  return session;
}

/** Sites of the settings that whoever is logged in may see. */
export function seenSites(): NonNullable<SessionInfo['sites']> {
  return session.sites ?? [];
}

/** What rows show of a study's site: nothing to who sees one alone. */
export function siteTitle(name: string | undefined): string {
  if (name === undefined || seenSites().length < 2) return '';
  return seenSites().find((site) => site.name === name)?.title ?? name;
}

/** Who is logged in, with the way out; nothing where there are no accounts. */
export function accountControls(): HTMLElement | undefined {
  const { account } = session;
  if (account === undefined) return undefined;
  return el(
    'div', { class: 'account' },
    el('span', { class: 'account-name', title: account.username }, account.name),
    el('button', { type: 'button', class: 'button button-small', on: { click: () => { void logOut().finally(() => { location.assign(account.provider === undefined ? '/' : signOutPath); }); } } }, t('login.out')),
  );
}
