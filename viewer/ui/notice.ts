import { t } from '../i18n/index.ts';
import { el } from './dom.ts';
import { describeError } from './errors.ts';
import { icon } from './icons.ts';

/** An error where it happened, with the way to try again. */
export function errorNotice(what: string, error: unknown, retry?: () => void): HTMLElement {
  return el(
    'div', { class: 'notice notice-error', role: 'alert' },
    icon('warning', 18),
    el('div', { class: 'notice-body' }, el('strong', {}, what), el('span', {}, describeError(error))),
    retry !== undefined && el('button', { type: 'button', class: 'button', on: { click: retry } }, icon('retry'), t('app.retry')),
  );
}

/** A short message at the bottom of the page that leaves by itself; errors stay until closed. */
export function toast(text: string, tone: 'info' | 'error' = 'info'): void {
  let region = document.querySelector('#toasts');
  if (region === null) {
    region = el('div', { id: 'toasts', aria: { live: 'polite' } });
    document.body.append(region);
  }
  const message = el(
    'div', { class: `toast toast-${tone}`, role: tone === 'error' ? 'alert' : 'status' }, el('span', {}, text),
    el('button', { type: 'button', class: 'icon-button', aria: { label: t('app.close') }, on: { click: () => { message.remove(); } } }, icon('close')),
  );
  region.append(message);
  if (tone === 'info') setTimeout(() => { message.remove(); }, 5000);
}
