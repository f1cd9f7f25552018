import type { SystemInfo } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';
import { icon } from '../ui/icons.ts';

/** What a newcomer can do, with the real addresses of this service. */
export function emptyWorklist(system: SystemInfo | undefined, choose: { readonly files: () => void; readonly folder: () => void }): HTMLElement {
  const host = location.hostname;
  const fact = (name: string, value: string | number | undefined): HTMLElement => el('div', { class: 'fact' }, el('dt', {}, name), el('dd', {}, value ?? '–'));
  return el(
    'section', { class: 'empty' },
    el('h2', {}, t('empty.title')),
    el('p', { class: 'lead' }, t('empty.lead')),
    el(
      'ol', { class: 'ways' },
      el('li', {},
        el('h3', {}, t('empty.sendTitle')),
        el('dl', { class: 'facts' }, fact(t('empty.aeTitle'), system?.aeTitle), fact(t('empty.host'), host), fact(t('empty.port'), system?.dicomPort)),
        el('p', {}, t('empty.sendText')),
        system !== undefined && el('code', { class: 'command' }, `storescu -aec ${system.aeTitle} ${host} ${String(system.dicomPort)} +sd +r FOLDER`)),
      el('li', {},
        el('h3', {}, t('empty.dropTitle')),
        el('p', {}, t('empty.dropText')),
        el('div', { class: 'buttons' },
          el('button', { type: 'button', class: 'button button-primary', on: { click: choose.files } }, icon('upload'), t('upload.files')),
          el('button', { type: 'button', class: 'button', on: { click: choose.folder } }, icon('folder'), t('upload.folder')))),
      el('li', {},
        el('h3', {}, t('empty.demoTitle')),
        el('p', {}, t('empty.demoText')),
        el('code', { class: 'command' }, 'npm start -- --demo')),
    ),
  );
}
