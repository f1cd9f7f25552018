import type { PatientContext } from '../api/review.ts';
import { optional, t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';

export type Know = <K extends keyof PatientContext>(field: K, value: PatientContext[K] | undefined) => void;

export interface ContextForm {
  readonly element: HTMLElement;
  /** Shows the answers, and which of them a guideline waits for. */
  readonly update: (patient: PatientContext, missing: ReadonlySet<string>) => void;
}

type Choice = readonly [value: string, text: string];

/** Fields with their choices; a number has none. */
const fields: readonly { readonly field: keyof PatientContext; readonly choices?: readonly string[]; readonly max?: number }[] = [
  { field: 'isScreening', choices: ['true', 'false'] },
  { field: 'lungsFullyEvaluated', choices: ['true', 'false'] },
  { field: 'prior', choices: ['none', 'unavailable', 'available'] },
  { field: 'ageYears', max: 130 },
  { field: 'sex', choices: ['female', 'male'] },
  { field: 'fleischnerRisk', choices: ['low', 'high'] },
  { field: 'hasKnownCancer', choices: ['true', 'false'] },
  { field: 'isImmunosuppressed', choices: ['true', 'false'] },
  { field: 'hasEmphysema', choices: ['true', 'false'] },
  { field: 'hasFamilyHistoryOfLungCancer', choices: ['true', 'false'] },
  { field: 'packYears', max: 300 },
  { field: 'hasOtherSignificantFinding', choices: ['true', 'false'] },
];

function choicesOf(field: keyof PatientContext, values: readonly string[]): readonly Choice[] {
  return values.map((value) => [value, optional(`context.${field}.${value}`) ?? t(value === 'true' ? 'app.yes' : 'app.no')]);
}

/** What is known of the patient and the examination. Unknown is an answer of its own, never taken for "no". */
export function contextForm(know: Know): ContextForm {
  const rows = fields.map(({ field, choices, max }) => {
    const tag = el('span', { class: 'tag tag-needed', hidden: true }, t('context.needed'));
    const name = `context-${field}`;
    if (choices === undefined) {
      const input = el('input', {
        type: 'number', class: 'text-input number-input', id: name, attributes: { min: '0', max: String(max), step: 'any', inputmode: 'decimal' },
        // With every key: the signature by key leaves no field first. What is no answer is unknown, and stops the signature.
        on: { input: () => {
          const isAnswer = input.value !== '' && input.validity.valid;
          input.setAttribute('aria-invalid', String(!input.validity.valid));
          know(field, (isAnswer ? Number(input.value) : undefined) as never);
        } },
      });
      const element = el('div', { class: 'context-row', data: { field } }, el('label', { attributes: { for: name } }, t(`context.${field}`), ' ', tag), input);
      return { field, tag, element, show: (value: unknown) => { if (document.activeElement !== input) input.value = typeof value === 'number' ? String(value) : ''; } };
    }
    const inputs = [...choicesOf(field, choices), ['', t('context.unknown')] as const].map(([value, text]) => {
      const input = el('input', {
        type: 'radio', attributes: { name, value },
        on: { change: () => { know(field, (value === '' ? undefined : value === 'true' ? true : value === 'false' ? false : value) as never); } },
      });
      return { value, input, label: el('label', { class: 'segment' }, input, el('span', {}, text)) };
    });
    const element = el('fieldset', { class: 'context-row', data: { field } }, el('legend', {}, t(`context.${field}`), ' ', tag),
      el('div', { class: 'segments' }, inputs.map((each) => each.label)));
    return {
      field, tag, element,
      show: (value: unknown) => { for (const each of inputs) each.input.checked = each.value === (typeof value === 'string' || typeof value === 'boolean' ? String(value) : ''); },
    };
  });
  return {
    element: el('div', { class: 'context' }, rows.map((row) => row.element)),
    update(patient, missing) {
      for (const { field, tag, show } of rows) {
        show(patient[field]);
        tag.hidden = !missing.has(field) || patient[field] !== undefined;
      }
    },
  };
}
