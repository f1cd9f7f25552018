import { t } from '../i18n/index.ts';
import { el, type Child } from './dom.ts';

/** Asks before something that is not taken back; resolves false when the question is dismissed. */
export function confirmDialog(question: { readonly title: string; readonly body: readonly Child[]; readonly accept: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = el(
      'dialog', { class: 'dialog', aria: { label: question.title } },
      el('h2', {}, question.title),
      question.body,
      el(
        'div', { class: 'dialog-actions' },
        el('button', { type: 'button', class: 'button', on: { click: () => { dialog.close(); } } }, t('app.cancel')),
        el('button', { type: 'button', class: 'button button-primary', on: { click: () => { dialog.close('accept'); } } }, question.accept),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'accept');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
