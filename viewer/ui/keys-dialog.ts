import { t } from '../i18n/index.ts';
import { el } from './dom.ts';
import { icon } from './icons.ts';

export interface KeyHelp {
  /** As they stand on the keys. */
  readonly keys: readonly string[];
  readonly text: string;
}

/** The keys of a page in a dialog. */
export function keysDialog(keys: readonly KeyHelp[]): void {
  const dialog = el(
    'dialog', { class: 'dialog dialog-wide', aria: { label: t('tool.keys') } },
    el('header', { class: 'dialog-head' }, el('h2', {}, t('tool.keys')),
      el('button', { type: 'button', class: 'icon-button', aria: { label: t('app.close') }, on: { click: () => { dialog.close(); } } }, icon('close'))),
    el('dl', { class: 'keys' }, keys.map((each) => el('div', { class: 'key-row' },
      el('dt', {}, each.keys.map((key) => el('kbd', {}, key))), el('dd', {}, each.text)))),
  );
  dialog.addEventListener('close', () => { dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
}
