import { t } from '../i18n/index.ts';
import { withLength } from '../review/axis.ts';
import type { Edit } from '../review/draft.ts';
import { markName, type ListedFinding } from '../review/listed.ts';
import { el } from '../ui/dom.ts';
import type { ReaderActions } from './state.ts';

const types = ['solid', 'part-solid', 'ground-glass', 'calcified'] as const;
const sides = ['right', 'left', 'unknown'] as const;
const lobes = ['right-upper', 'right-middle', 'right-lower', 'left-upper', 'left-lower'] as const;
const [smallestMm, largestMm] = [0.5, 400];

export interface FindingEditor {
  readonly element: HTMLElement;
  readonly show: (listed: ListedFinding) => void;
  /** True while a number is being typed: the fields must stay where they are. */
  readonly isTyping: () => boolean;
}

/** Type, sizes and place of a finding as fields; the axes can be dragged on the image at the same time. */
export function findingEditor(first: ListedFinding, actions: ReaderActions): FindingEditor {
  let listed = first;
  /** Fields with a number that is not written down yet: what is saved or measured meanwhile must not get between its digits. */
  const typing = new Set<HTMLElement>();
  const uid = first.trackingUID;
  const set = (values: Edit): void => { actions.edit(uid, values); };
  const field = (name: string, input: HTMLElement, unit?: string): HTMLElement => el('label', { class: 'edit-field' }, el('span', {}, name), el('span', { class: 'edit-value' }, input, unit !== undefined && el('span', { class: 'unit' }, unit)));
  const select = (name: string, options: readonly (readonly [string, string])[], chosen: (value: string) => void): HTMLSelectElement => {
    const made = el('select', { class: 'select', data: { edit: name }, on: { change: () => { chosen(made.value); } } }, options.map(([value, text]) => el('option', { attributes: { value } }, text)));
    return made;
  };
  const number = (name: string, chosen: (value: number) => void): HTMLInputElement => {
    const made = el('input', {
      type: 'number', class: 'text-input number-input', data: { edit: name }, attributes: { min: String(smallestMm), max: String(largestMm), step: '0.1', inputmode: 'decimal' },
      on: { input: () => { typing.add(made); }, blur: () => { typing.delete(made); }, change: () => {
        typing.delete(made);
        const value = Number(made.value);
        if (made.value !== '' && value >= smallestMm && value <= largestMm) chosen(value);
        else show(listed);
      } },
    });
    return made;
  };
  const type = select('type', types.map((each) => [each, t(`type.${each}`)]), (value) => { set({ type: value as (typeof types)[number] }); });
  const long = number('longAxisMm', (value) => { set({ longAxisMm: value, longAxisWorld: withLength(listed.finding.longAxisWorld, value) }); });
  const short = number('shortAxisMm', (value) => { set({ shortAxisMm: value, shortAxisWorld: withLength(listed.finding.shortAxisWorld, value) }); });
  const solid = number('solidDiameterMm', (value) => { set({ solidDiameterMm: value }); });
  const laterality = select('laterality', sides.map((each) => [each, t(`laterality.${each}`)]), (value) => { set({ laterality: value as (typeof sides)[number] }); });
  const lobe = select('lobe', [['', t('edit.noLobe')], ...lobes.map((each) => [each, t(`lobe.${each}`)] as const)], (value) => {
    const chosen = lobes.find((each) => each === value);
    set(chosen === undefined ? { lobe: undefined } : { lobe: chosen, laterality: chosen.startsWith('left') ? 'left' : 'right' });
  });
  const solidField = field(t('findings.solid'), solid, 'mm');
  const restore = el('button', { type: 'button', class: 'button button-small', on: { click: () => { actions.restore(uid); } } }, t('edit.restore'));
  const element = el('div', { class: 'editor', role: 'group', aria: { label: t('edit.title', { mark: markName(first) }) } },
    field(t('edit.type'), type), field(t('edit.long'), long, 'mm'), field(t('edit.short'), short, 'mm'), solidField,
    field(t('edit.side'), laterality), field(t('edit.lobe'), lobe),
    el('p', { class: 'sub' }, t('edit.hint')),
    el('div', { class: 'buttons' }, restore, el('button', { type: 'button', class: 'button button-small button-primary', on: { click: () => { actions.endEdit(); } } }, t('edit.done'))));
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' && !(event.key === 'Enter' && event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    if (event.target instanceof HTMLInputElement) event.target.blur();
    actions.endEdit();
  });

  function show(next: ListedFinding): void {
    listed = next;
    const { finding } = next;
    const write = (input: HTMLInputElement | HTMLSelectElement, value: string): void => { if (!typing.has(input) && input.value !== value) input.value = value; };
    write(type, finding.type);
    write(long, finding.longAxisMm.toFixed(1));
    write(short, finding.shortAxisMm.toFixed(1));
    write(solid, finding.solidDiameterMm?.toFixed(1) ?? '');
    write(laterality, finding.laterality);
    write(lobe, finding.lobe ?? '');
    solidField.hidden = finding.type !== 'part-solid';
    restore.hidden = next.measured === undefined || next.reviewed?.edited.length === 0;
  }
  show(first);
  return { element, show, isTyping: () => typing.size > 0 };
}

/** The reader's words on one finding, saved as they are written; Enter ends, Escape brings back what was there. */
export function commentBox(listed: ListedFinding, actions: ReaderActions): HTMLElement {
  const input = el('textarea', { class: 'text-input', attributes: { rows: '2', maxlength: '2000' }, aria: { label: t('review.commentOn', { mark: markName(listed) }) } });
  const before = listed.reviewed?.comment ?? '';
  input.value = before;
  input.addEventListener('input', (event) => {
    // Letters that are still being put together (ê from e and e) are not text yet.
    if (!(event instanceof InputEvent && event.isComposing)) actions.writeComment(listed.trackingUID, input.value);
  });
  input.addEventListener('compositionend', () => { actions.writeComment(listed.trackingUID, input.value); });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Escape') actions.setComment(listed.trackingUID, before);
    else if (event.key === 'Enter' && !event.shiftKey) actions.setComment(listed.trackingUID, input.value);
    else return;
    event.preventDefault();
  });
  return el('div', { class: 'comment-box' }, input, el('p', { class: 'sub' }, t('review.commentHint')));
}
