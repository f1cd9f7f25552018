import type { EditableField } from '../api/review.ts';
import { language, optional, t } from '../i18n/index.ts';
import { indexOfImage } from '../rendering/slice-images.ts';
import { markName, type ListedFinding } from '../review/listed.ts';
import { el, type Child } from '../ui/dom.ts';
import { decimal, integer, plain, probabilityPercent } from '../ui/format.ts';
import { icon, type IconName } from '../ui/icons.ts';
import { statesVolume } from './stated-volume.ts';
import type { ReaderActions, ReaderState } from './state.ts';

type Values = ListedFinding['finding'];

function place(finding: Values): string {
  return finding.lobe === undefined ? t(`laterality.${finding.laterality}`) : t(`lobe.${finding.lobe}`);
}

function measure(name: string, value: Child, unit: string): HTMLElement {
  return el('div', { class: 'measure' }, el('dt', {}, name), el('dd', {}, value, el('span', { class: 'unit' }, ` ${unit}`)));
}

function notes(finding: Values): Child {
  if (finding.notes === undefined || finding.notes.length === 0) return undefined;
  return el('p', { class: 'finding-notes' }, finding.notes.map((note) => optional(`note.${note}`) ?? note).join(' · '));
}

/** The reader's value with the AI's beside it, struck through: both stay in sight. */
function changed(listed: ListedFinding, fields: readonly EditableField[], now: string, before: (measured: Values) => string): Child {
  const isEdited = fields.some((field) => listed.reviewed?.edited.includes(field));
  if (!isEdited) return now;
  const was = listed.measured === undefined ? undefined : before(listed.measured);
  return el('span', { class: 'edited', title: was === undefined ? t('review.edited') : t('review.editedFrom', { value: was }) },
    now, was !== undefined && was !== now && el('del', {}, el('span', { class: 'visually-hidden' }, t('review.aiValue')), was));
}

const verdictIcons = { undecided: 'open', accepted: 'check', rejected: 'close' } as const satisfies Readonly<Record<string, IconName>>;

function verdictLine(listed: ListedFinding): Child {
  const { reviewed } = listed;
  if (reviewed === undefined) return undefined;
  const { verdict, rejectReason, comment, origin } = reviewed;
  const text = origin === 'reader' ? t('verdict.own') : t(`verdict.${verdict}`);
  return [
    el('span', { class: `verdict verdict-${verdict}` }, icon(verdictIcons[verdict], 14),
      el('span', {}, rejectReason === undefined ? text : `${text}: ${t(`reject.${rejectReason}`)}`)),
    comment !== undefined && el('span', { class: 'finding-comment' }, icon('comment', 14), comment),
  ];
}

/** Lung-RADS of one accepted nodule, by its place among those that the conclusions were drawn from; none before it is known to be a screening. */
function category({ review }: ReaderState, listed: ListedFinding): Child {
  if (review?.draft.patient.isScreening !== true || listed.reviewed?.verdict !== 'accepted') return undefined;
  const at = review.draft.findings.filter((item) => item.verdict === 'accepted').findIndex((item) => item.trackingUID === listed.trackingUID);
  const assessment = review.conclusions.lungRads.findings[at];
  if (assessment === undefined || !/^[1-4]/.test(assessment.outcome)) return undefined;
  return el('span', { class: 'tag tag-category', title: assessment.management?.[language()] }, `Lung-RADS ${assessment.outcome}`);
}

function actionButtons(listed: ListedFinding, actions: ReaderActions): HTMLElement {
  const uid = listed.trackingUID;
  const verdict = listed.reviewed?.verdict;
  const button = (name: string, key: string, image: IconName, run: () => void, pressed?: boolean): HTMLElement => el('button', {
    // By key from the list itself: Tab goes on to the next finding.
    type: 'button', class: 'finding-action', tabIndex: -1, title: `${name} (${key})`, aria: { label: `${name}: ${markName(listed)}`, keyshortcuts: key, pressed }, on: { click: run },
  }, icon(image, 15), el('span', {}, name));
  return el('div', { class: 'finding-actions' },
    listed.origin === 'ai' && button(t('review.accept'), 'a', 'check', () => { actions.accept(uid); }, verdict === 'accepted'),
    listed.origin === 'ai' && button(t('review.reject'), 'x', 'close', () => { actions.reject(uid); }, verdict === 'rejected'),
    listed.origin === 'ai' && verdict !== 'undecided' && button(t('review.undecide'), 'u', 'undo', () => { actions.undecide(uid); }),
    button(t('review.edit'), 'e', 'pencil', () => { actions.startEdit(uid); }),
    button(t('review.comment'), 'k', 'comment', () => { actions.startComment(uid); }),
    listed.origin === 'reader' && button(t('review.delete'), 'Delete', 'trash', () => { actions.remove(uid); }));
}

export interface CardParts {
  readonly thumbnail: HTMLElement | undefined;
  /** The editor or the comment box, when open. */
  readonly below: HTMLElement | undefined;
  /** A focus that is only given back chooses nothing. */
  readonly select: () => void;
}

/** One finding of the list: what was measured, what became of it, and what can be done with it. */
export function findingCard(listed: ListedFinding, state: ReaderState, actions: ReaderActions, parts: CardParts): HTMLElement {
  const { finding, origin, label, reviewed } = listed;
  const slice = indexOfImage(state.images, finding.sliceInstanceUID, finding.sliceFrameNumber);
  const current = listed.trackingUID === state.selected;
  return el('li', { class: 'finding-item', data: { origin, verdict: reviewed?.verdict } }, el(
    'button', {
      type: 'button', class: 'finding', data: { finding: label }, aria: { current, keyshortcuts: origin === 'ai' ? 'a x u e k' : 'e k Delete' },
      on: { click: () => { actions.selectFinding(listed.trackingUID); }, focus: parts.select },
    },
    parts.thumbnail,
    el('span', { class: 'finding-body' },
      el('span', { class: 'finding-head' },
        el('span', { class: 'finding-number' }, el('span', { class: 'visually-hidden' }, t(origin === 'ai' ? 'findings.number' : 'findings.own')), label),
        el('span', { class: 'finding-size' }, decimal(finding.diameterMm, 1), el('span', { class: 'unit' }, ' mm')),
        el('span', { class: 'finding-type' }, changed(listed, ['type'], t(`type.${finding.type}`), (was) => t(`type.${was.type}`))),
        finding.probability !== undefined && el('span', { class: 'finding-probability', title: t('findings.probability') },
          el('span', { class: 'visually-hidden' }, t('findings.probability')), probabilityPercent(finding.probability))),
      el('span', { class: 'finding-line' },
        el('span', { title: t('findings.axes') }, el('span', { class: 'visually-hidden' }, t('findings.axes')),
          changed(listed, ['longAxisMm', 'shortAxisMm'], `${decimal(finding.longAxisMm, 1)} × ${decimal(finding.shortAxisMm, 1)}`,
            (was) => `${decimal(was.longAxisMm, 1)} × ${decimal(was.shortAxisMm, 1)}`), el('span', { class: 'unit' }, ' mm')),
        el('span', { title: t('findings.volume') }, el('span', { class: 'visually-hidden' }, t('findings.volume')),
          statesVolume(finding) ? integer(finding.volumeMm3) : '–', el('span', { class: 'unit' }, ' mm³'))),
      el('span', { class: 'finding-line muted' },
        el('span', {}, changed(listed, ['laterality', 'lobe'], place(finding), place)),
        slice >= 0 && el('span', {}, t('findings.slice', { number: integer(slice + 1) })))),
    el('dl', { class: 'measures' },
      measure(t('findings.meanHU'), plain(finding.meanHU), 'HU'),
      finding.solidDiameterMm !== undefined && measure(t('findings.solid'),
        changed(listed, ['solidDiameterMm'], decimal(finding.solidDiameterMm, 1), (was) => (was.solidDiameterMm === undefined ? '–' : decimal(was.solidDiameterMm, 1))), 'mm'),
      finding.distanceToPleuraMm !== undefined && measure(t('findings.pleura'), decimal(finding.distanceToPleuraMm, 1), 'mm')),
    notes(finding),
    reviewed !== undefined && el('span', { class: 'finding-verdict' }, verdictLine(listed), category(state, listed)),
  ),
  current && state.access === 'open' && state.conflict === undefined && actionButtons(listed, actions),
  parts.below);
}
