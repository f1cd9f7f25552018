import type { Reader } from '../api/review.ts';
import { t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';
import { personName } from '../ui/format.ts';
import { currentReader, personNameValue, readsFirst, setReaderName, setReadsFirst } from './identity.ts';

let open: Promise<Reader | undefined> | undefined;

function ask(): Promise<Reader | undefined> {
  const [family = '', given = ''] = (currentReader()?.name ?? '').split('^');
  const familyInput = el('input', { type: 'text', class: 'text-input', id: 'reader-family', attributes: { maxlength: '32', required: '', autocomplete: 'family-name', value: family } });
  const givenInput = el('input', { type: 'text', class: 'text-input', id: 'reader-given', attributes: { maxlength: '30', autocomplete: 'given-name', value: given } });
  const preview = el('strong', {});
  const first = el('input', { type: 'checkbox', id: 'reader-first', attributes: { ...(readsFirst() ? { checked: '' } : {}) } });
  const show = (): void => {
    const name = personNameValue(familyInput.value, givenInput.value);
    preview.textContent = name === '' ? '–' : personName(name);
  };
  for (const input of [familyInput, givenInput]) input.addEventListener('input', show);
  show();
  return new Promise((resolve) => {
    const dialog = el(
      'dialog', { class: 'dialog', aria: { label: t('identity.title') } },
      el('h2', {}, t('identity.title')),
      el('p', { class: 'muted' }, t('identity.text')),
      el('form', { class: 'form', attributes: { method: 'dialog' } },
        el('div', { class: 'field-pair' },
          el('label', { class: 'field' }, el('span', {}, t('identity.family')), familyInput),
          el('label', { class: 'field' }, el('span', {}, t('identity.given')), givenInput)),
        el('p', {}, t('identity.inReport'), ' ', preview),
        el('label', { class: 'check' }, first, el('span', {}, t('aiSecond.setting'), el('span', { class: 'sub' }, t('aiSecond.settingHelp')))),
        el('div', { class: 'dialog-actions' },
          el('button', { type: 'button', class: 'button', on: { click: () => { dialog.close(); } } }, t('app.cancel')),
          el('button', { type: 'submit', class: 'button button-primary', attributes: { value: 'accept' } }, t('identity.accept')))),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      const name = personNameValue(familyInput.value, givenInput.value);
      if (dialog.returnValue === 'accept' && name !== '') {
        setReadsFirst(first.checked);
        setReaderName(name);
      }
      resolve(dialog.returnValue === 'accept' ? currentReader() : undefined);
    });
    document.body.append(dialog);
    dialog.showModal();
    familyInput.select();
  });
}

/** Asks who reads; undefined when the question is dismissed. Asked once at a time, whoever asks. */
export function askReader(): Promise<Reader | undefined> {
  open ??= ask().finally(() => { open = undefined; });
  return open;
}
