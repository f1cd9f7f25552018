import { previewReview, type PatientContext, type ReviewDraft, type ReviewPreview } from '../api/review.ts';
import type { Study } from '../api/types.ts';
import { languages, plural, t } from '../i18n/index.ts';
import { deliveryLine } from '../ui/deliveries.ts';
import { el, fill } from '../ui/dom.ts';
import { describeError } from '../ui/errors.ts';
import { moment, personName } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import { errorNotice } from '../ui/notice.ts';
import type { Store } from '../ui/store.ts';
import { conclusionsView, missingOf } from './conclusions-view.ts';
import { contextForm, type Know } from './context-form.ts';
import { describe, undecidedOf } from './draft.ts';
import { featuresForm } from './features-form.ts';
import type { ReviewFields } from './fields.ts';
import { currentReader } from './identity.ts';
import { listFields, listFindings, markName, type ListSource } from './listed.ts';
import type { ReviewSession } from './session.ts';

export interface SignDeps {
  readonly studyInstanceUID: string;
  readonly store: Store<ReviewFields & ListSource & { readonly study: Study | undefined }>;
  readonly session: ReviewSession;
  readonly jumpTo: (trackingUID: string) => void;
  readonly know: Know;
  readonly resend: (deliveryId: string) => void;
}

const previewDelayMs = 250;

/** What will stand in the report, what is still missing for it, and the signature. */
export function showSignDialog(deps: SignDeps): void {
  const { store, session, studyInstanceUID } = deps;
  const undecided = el('section', { class: 'undecided', hidden: true, role: 'group', aria: { label: t('sign.undecided') } });
  const form = contextForm(deps.know);
  const features = el('div', { class: 'feature-rows' });
  const conclusions = el('div', { class: 'conclusions', aria: { live: 'polite' } });
  const text = el('pre', { class: 'report-text', tabIndex: 0, role: 'region', aria: { label: t('sign.reportText') } });
  const problem = el('div', { class: 'sign-problem', aria: { live: 'assertive' } });
  const impression = el('textarea', {
    class: 'text-input', attributes: { rows: '3', maxlength: '20000' }, aria: { label: t('sign.impression') },
    on: { input: () => { void session.edit((draft) => ({ ...draft, impression: impression.value }), 'impression'); } },
  });
  const signButton = el('button', { type: 'button', class: 'button button-primary', aria: { keyshortcuts: 'Control+Enter' }, on: { click: () => { void sign(); } } },
    icon('check'), t('sign.sign'), el('kbd', { aria: { hidden: true } }, 'Ctrl ↵'));
  const languageButtons = languages.map(({ code, name }) => el('button', {
    type: 'button', class: 'language-choice', attributes: { lang: code }, data: { report: code },
    on: { click: () => { void session.edit((draft) => ({ ...draft, language: code }), 'language'); } },
  }, name));
  const main = el('div', { class: 'sign-columns' },
    el('div', { class: 'sign-inputs' },
      undecided, el('h3', {}, t('sign.context')), form.element, el('h3', {}, t('sign.features')), features,
      el('label', { class: 'field' }, el('h3', {}, t('sign.impression')), impression)),
    el('div', { class: 'sign-output' },
      conclusions,
      el('div', { class: 'report-head' }, el('h3', {}, t('sign.reportText')), el('div', { class: 'language', role: 'group', aria: { label: t('sign.language') } }, languageButtons)),
      text));
  const actions = el('div', { class: 'dialog-actions' },
    el('span', { class: 'signer' }, t('sign.as', { name: personName(currentReader()?.name ?? '') })),
    el('button', { type: 'button', class: 'button', on: { click: () => { dialog.close(); } } }, t('sign.later')), signButton);
  const body = el('div', { class: 'sign-body' }, main, problem, actions);
  const dialog = el(
    'dialog', { class: 'dialog dialog-sign', aria: { label: t('sign.title') } },
    el('header', { class: 'dialog-head' }, el('h2', {}, t('sign.title')),
      el('button', { type: 'button', class: 'icon-button', aria: { label: t('app.close') }, on: { click: () => { dialog.close(); } } }, icon('close'))),
    el('p', { class: 'disclaimer', role: 'note' }, t('app.disclaimer')),
    body,
  );

  let timer: ReturnType<typeof setTimeout> | undefined;
  let request = 0;
  let preview: ReviewPreview | undefined;
  let signing = false;

  function showPreview(draft: ReviewDraft): void {
    if (preview === undefined) return;
    const listed = listFindings(store.get()).filter((each) => each.reviewed?.verdict === 'accepted');
    form.update(draft.patient, missingOf(preview.conclusions));
    fill(conclusions, conclusionsView(preview.conclusions, listed.map(markName)));
    text.textContent = preview.text[draft.language];
    text.lang = draft.language;
  }

  async function refresh(): Promise<void> {
    const { draft } = store.get();
    if (draft === undefined) return;
    const mine = ++request;
    try {
      const next = await previewReview(studyInstanceUID, draft, currentReader());
      if (mine !== request) return;
      preview = next;
      fill(problem);
      showPreview(store.get().draft ?? draft);
    } catch (error) {
      if (mine === request) fill(problem, errorNotice(t('sign.previewFailed'), error, () => { void refresh(); }));
    }
  }

  function jump(trackingUID: string): void {
    dialog.close();
    deps.jumpTo(trackingUID);
  }

  function draw(draft: ReviewDraft): void {
    const open = new Set(undecidedOf(draft).map((item) => item.trackingUID));
    const listed = listFindings(store.get());
    undecided.hidden = open.size === 0;
    fill(undecided, el('h3', {}, icon('warning'), ' ', plural('sign.undecidedCount', open.size)),
      el('div', { class: 'buttons' }, listed.filter((each) => open.has(each.trackingUID)).map((each) => el('button', {
        type: 'button', class: 'button button-small', data: { undecided: each.label }, on: { click: () => { jump(each.trackingUID); } },
      }, markName(each)))));
    signButton.disabled = open.size > 0 || signing;
    form.update(draft.patient, preview === undefined ? new Set() : missingOf(preview.conclusions));
    for (const button of languageButtons) button.setAttribute('aria-pressed', String(button.dataset['report'] === draft.language));
    if (document.activeElement !== impression) impression.value = draft.impression;
    const focused = document.activeElement?.getAttribute('aria-label');
    const accepted = listed.filter((each) => each.reviewed?.verdict === 'accepted');
    fill(features, accepted.length === 0 ? el('p', { class: 'muted' }, t('sign.noneAccepted'))
      : accepted.map((each) => featuresForm(each, (value) => { void session.edit((before) => describe(before, each.trackingUID, value)); })));
    for (const select of features.querySelectorAll('select')) if (select.getAttribute('aria-label') === focused) select.focus();
    showPreview(draft);
  }

  async function sign(): Promise<void> {
    if (signing || signButton.disabled) return;
    const wrong = form.element.querySelector<HTMLInputElement>('input:invalid');
    if (wrong !== null) {
      wrong.reportValidity();
      return;
    }
    signing = true;
    signButton.disabled = true;
    fill(problem);
    try {
      if (await session.flush()) {
        await session.sign();
        // Not before: what is changed after a signature that failed has to be seen before the next.
        stopDraft();
        clearTimeout(timer);
        request += 1;
        showSigned();
        return;
      }
      fill(problem, errorNotice(t('sign.notSaved'), store.get().saveError));
    } catch (error) {
      fill(problem, el('div', { class: 'notice notice-error', role: 'alert' }, icon('warning', 18), describeError(error)));
    }
    signing = false;
    signButton.disabled = false;
  }

  /** The objects of the signature and where they have got to. */
  function showSigned(): void {
    const list = el('ul', { class: 'deliveries', aria: { live: 'polite' } });
    const version = store.get().review?.signed[0];
    const close = el('button', { type: 'button', class: 'button button-primary', on: { click: () => { dialog.close(); } } }, t('app.close'));
    fill(body,
      el('p', { class: 'signed-line' }, icon('check', 20), t('sign.done', { version: version?.version ?? '', time: moment(version?.signedAt ?? ''), name: personName(version?.reader.name ?? '') })),
      el('h3', {}, t('sign.deliveries')), list, el('div', { class: 'dialog-actions' }, close));
    close.focus();
    stopSigned = store.watch(['study'], ({ study }) => {
      const objects = new Set(version?.objects.map((object) => object.sopInstanceUID));
      const deliveries = study?.deliveries.filter((record) => objects.has(record.sopInstanceUID)) ?? [];
      fill(list, deliveries.length === 0 ? el('li', { class: 'muted' }, t('sign.noDeliveries')) : deliveries.map((record) => deliveryLine(record, deps.resend)));
    });
  }

  let stopSigned: () => void = () => undefined;
  const stopDraft = store.watch([...listFields], ({ draft }) => {
    if (draft === undefined) return;
    draw(draft);
    clearTimeout(timer);
    timer = setTimeout(() => { void refresh(); }, previewDelayMs);
  });
  dialog.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void sign();
  });
  dialog.addEventListener('close', () => {
    clearTimeout(timer);
    request += 1;
    stopDraft();
    stopSigned();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}

export type { PatientContext };
