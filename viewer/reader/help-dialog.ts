import { optional, t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';
import { hotkeyGroups } from './hotkeys.ts';

function keyName(key: string): string {
  const names: Readonly<Record<string, string>> = { ' ': t('key.space'), ArrowDown: '↓', ArrowUp: '↑' };
  return names[key] ?? optional(`key.${key}`) ?? key;
}

/** The keys and mouse buttons of the reader. */
export function showHelpDialog(): void {
  const row = (keys: readonly string[], name: string, control = false): HTMLElement => el('div', { class: 'key-row' },
    el('dt', {}, keys.map((key) => el('kbd', {}, `${control ? 'Ctrl ' : ''}${/^[A-Z]$/.test(key) ? `⇧ ${key}` : keyName(key)}`))), el('dd', {}, name));
  const dialog = el(
    'dialog', { class: 'dialog dialog-keys', aria: { label: t('tool.keys') } },
    el('header', { class: 'dialog-head' }, el('h2', {}, t('tool.keys')),
      el('button', { type: 'button', class: 'icon-button', aria: { label: t('app.close') }, on: { click: () => { dialog.close(); } } }, icon('close'))),
    el('div', { class: 'key-groups' }, hotkeyGroups.map((group) => el('section', {}, el('h3', {}, t(group.title)),
      el('dl', { class: 'keys' }, group.hotkeys.map((hotkey) => row(hotkey.keys, t(hotkey.name), hotkey.withControl)))))),
    el('p', { class: 'muted' }, t('help.placing')), el('p', { class: 'muted' }, t('help.mouse')), el('p', { class: 'muted' }, t('help.length')),
  );
  dialog.addEventListener('close', () => { dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
}
