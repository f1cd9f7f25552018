import { t } from '../i18n/index.ts';
import { el } from './dom.ts';

/** Asks for a short text; resolves undefined when the question is dismissed or left empty. */
export function promptDialog(question: { readonly title: string; readonly label: string; readonly accept: string; readonly maxLength: number; readonly value?: string }): Promise<string | undefined> {
  return new Promise((resolve) => {
    const input = el('input', { type: 'text', class: 'text-input', attributes: { maxlength: String(question.maxLength), autocomplete: 'off', required: '' } });
    input.value = question.value ?? '';
    const dialog = el(
      'dialog', { class: 'dialog', aria: { label: question.title } },
      el('h2', {}, question.title),
      el('form', { attributes: { method: 'dialog' }, class: 'prompt' },
        el('label', {}, question.label, input),
        el('div', { class: 'dialog-actions' },
          el('button', { type: 'button', class: 'button', on: { click: () => { dialog.close(); } } }, t('app.cancel')),
          el('button', { type: 'submit', class: 'button button-primary', attributes: { value: 'accept' } }, question.accept))),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      const text = input.value.trim();
      resolve(dialog.returnValue === 'accept' && text !== '' ? text : undefined);
    });
    document.body.append(dialog);
    dialog.showModal();
    input.select();
  });
}
