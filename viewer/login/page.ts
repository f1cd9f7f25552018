import '../styles/login.css';
import { changePassword, getSession, logIn, signInPath, signOutPath } from '../api/session.ts';
import { RequestError } from '../api/problem.ts';
import { plural, t } from '../i18n/index.ts';
import { brandMark, disclaimer, languageSwitch } from '../ui/chrome.ts';
import { el, fill } from '../ui/dom.ts';
import { describeError } from '../ui/errors.ts';
import { currentSession, setSession } from './session.ts';

interface Field {
  readonly label: string;
  readonly input: HTMLInputElement;
}

function field(label: string, id: string, type: 'text' | 'password', autocomplete: string): Field {
  return { label, input: el('input', { id, type, class: 'text-input', attributes: { name: id, required: '', autocomplete, autocapitalize: 'none', spellcheck: 'false' } }) };
}

function failureText(error: unknown): string {
  const seconds: unknown = error instanceof RequestError && typeof error.body === 'object' && error.body !== null ? Reflect.get(error.body, 'retryAfterSeconds') : undefined;
  return typeof seconds === 'number' ? plural('login.lockedFor', seconds) : describeError(error);
}

/** A form with its error where it happens. `act` resolves when the next page may come. */
function form(title: string, note: string | undefined, fields: readonly Field[], submit: string, act: () => Promise<void>): HTMLElement {
  const failure = el('p', { class: 'login-error', role: 'alert', hidden: true });
  const button = el('button', { type: 'submit', class: 'button button-primary' }, submit);
  const element = el(
    'form', { class: 'login-form', aria: { label: title } },
    el('h1', {}, title),
    note !== undefined && el('p', { class: 'muted' }, note),
    fields.map(({ label, input }) => el('label', { class: 'field' }, el('span', {}, label), input)),
    failure, button,
  );
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    button.disabled = true;
    failure.hidden = true;
    act().catch((error: unknown) => {
      failure.textContent = failureText(error);
      failure.hidden = false;
      button.disabled = false;
      fields.at(-1)?.input.select();
    });
  });
  return element;
}

function loginForm(note: string | undefined, done: () => void): HTMLElement {
  const username = field(t('login.username'), 'username', 'text', 'username');
  const password = field(t('login.password'), 'password', 'password', 'current-password');
  return form(t('login.title'), note, [username, password], t('login.submit'), async () => {
    setSession(await logIn(username.input.value, password.input.value));
    done();
  });
}

/** The way in with the account of the house; nothing where there is none. */
function providerLink(): HTMLElement | undefined {
  const { provider } = currentSession();
  if (provider === undefined) return undefined;
  return el('a', { class: 'button button-primary login-provider', attributes: { href: signInPath(`${location.pathname}${location.search}`) } }, t('login.with', { name: provider.name }));
}

/** Who the provider knows and nobody has given a role here: no error to try again, but something to ask for. */
function noRole(): HTMLElement {
  return el(
    'section', { class: 'login-form' },
    el('h1', {}, t('noRole.title')),
    el('p', {}, t('noRole.text', { name: currentSession().provider?.name ?? '' })),
    // The provider still has them logged in, and would send the same person again.
    el('a', { class: 'button', attributes: { href: signOutPath } }, t('noRole.another')),
  );
}

function passwordForm(done: () => void): HTMLElement {
  const present = field(t('password.present'), 'present', 'password', 'current-password');
  const next = field(t('password.next'), 'next', 'password', 'new-password');
  const again = field(t('password.again'), 'again', 'password', 'new-password');
  return form(t('password.title'), t('password.due'), [present, next, again], t('password.submit'), async () => {
    if (next.input.value !== again.input.value) throw new RequestError('PASSWORDS_DIFFER', 0, t('password.differ'));
    await changePassword(present.input.value, next.input.value);
    setSession(await getSession());
    done();
  });
}

/** Asks who it is; calls `done` once somebody is logged in with a password of their own. `hasEnded`: there was a session before;
 * `failure`: code of what went wrong at the identity provider. */
export function mountLogin(root: HTMLElement, hasEnded: boolean, failure: string | undefined, done: () => void): () => void {
  function draw(): void {
    const { account } = currentSession();
    const next = (): void => {
      if (currentSession().account?.mustChangePassword === true) draw();
      else done();
    };
    const asks = account?.mustChangePassword === true ? passwordForm(next) : loginForm(hasEnded ? t('login.ended') : undefined, next);
    const hasNoRole = failure === 'ACCOUNT_NO_ROLE';
    const shown = hasNoRole ? noRole() : asks;
    const link = account === undefined && !hasNoRole ? providerLink() : undefined;
    fill(root, el(
      'main', { class: 'login' },
      el('div', { class: 'login-box' },
        el('div', { class: 'login-brand' }, brandMark(40), el('strong', {}, 'Phoi'), languageSwitch()),
        failure !== undefined && !hasNoRole && el('p', { class: 'login-error', role: 'alert' }, describeError(new RequestError(failure, 0, failure))),
        link, link !== undefined && el('p', { class: 'muted login-or' }, t('login.or')), shown, disclaimer()),
    ));
    if (link === undefined) shown.querySelector('input')?.focus();
    else link.focus();
  }
  draw();
  return () => undefined;
}
