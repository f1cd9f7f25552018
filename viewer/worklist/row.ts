import { thumbnailUrl } from '../api/client.ts';
import type { WorklistItem } from '../api/types.ts';
import { plural, t } from '../i18n/index.ts';
import { readsFirst } from '../review/identity.ts';
import { el, type Child } from '../ui/dom.ts';
import { dayAndTime, decimal, dicomDate, dicomTime, personName, sexAndAge } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import { siteTitle } from '../login/session.ts';
import { hasImages } from '../ui/modality.ts';
import { readingBadge } from '../ui/reading-state.ts';
import { stateBadge, stateReason } from '../ui/study-state.ts';

export interface RowActions {
  readonly complete: (item: WorklistItem) => void;
  readonly reanalyse: (item: WorklistItem) => void;
  readonly toggleStat: (item: WorklistItem) => void;
}

/** What the row's own button does: analyse what is kept open or try again what failed. */
export function mainAction(item: WorklistItem): 'complete' | 'reanalyse' | undefined {
  if (item.state === 'incomplete') return 'complete';
  return item.state === 'failed' ? 'reanalyse' : undefined;
}

/** The first finding of the list, small; one whose image cannot be had leaves its place empty. */
function thumbnail(item: WorklistItem): HTMLElement {
  const image = el('img', { class: 'row-thumbnail', attributes: { src: thumbnailUrl(item.studyInstanceUID), alt: '', loading: 'lazy', decoding: 'async', width: '48', height: '48' } });
  image.addEventListener('error', () => { image.classList.add('row-thumbnail-missing'); });
  return image;
}

/** The category that a reading states; until there is one, with a question mark, what the AI's findings would give in a first screening. */
function categoryTag({ review, baselineCategory }: WorklistItem): Child {
  if (review.lungRads !== undefined) return el('span', { class: 'tag tag-category' }, t('worklist.lungRads', { category: review.lungRads }));
  if (baselineCategory === undefined || review.state !== 'unread') return false;
  return el('span', { class: 'tag tag-baseline', title: t('worklist.baselineHint') },
    t('worklist.baselineCategory', { category: baselineCategory }), el('span', { class: 'visually-hidden' }, t('worklist.baselineHint')));
}

/** Findings are a number only where an analysis ended; every other state says that there is no result. */
function findingsCell(item: WorklistItem): Child {
  if (item.state === 'not-analysed' || item.state === 'failed') {
    return el('span', { class: 'no-result' }, t('findings.noResult'));
  }
  if (item.state !== 'analysed' || item.findingCount === undefined) return el('span', { class: 'muted' }, t('findings.pending'));
  // Whoever reads first without the AI is not told here either.
  if (readsFirst() && item.review.state !== 'signed') return el('span', { class: 'muted' }, t('worklist.withheld'));
  const lungRads = categoryTag(item);
  if (item.findingCount === 0) return [el('span', { class: 'none-found' }, t('findings.none')), lungRads];
  return el('div', { class: 'ai-summary' },
    thumbnail(item),
    el('div', {},
      el('div', {}, el('strong', { class: 'finding-count' }, plural('findings.count', item.findingCount)), lungRads),
      item.largestDiameterMm !== undefined && el('span', { class: 'sub' }, t('findings.largest', { size: decimal(item.largestDiameterMm, 1) }))));
}

function actionButtons(item: WorklistItem, actions: RowActions): Child {
  const button = (name: string, key: string, run: () => void): HTMLElement => el('button', {
    type: 'button', class: 'button button-small', tabIndex: -1, title: `${name} (${key})`, aria: { keyshortcuts: key },
    on: { click: (event) => { event.stopPropagation(); run(); } },
  }, name);
  const main = mainAction(item);
  const isStat = item.priority === 'stat';
  return [
    main === 'complete' && button(t('action.completeNow'), 'r', () => { actions.complete(item); }),
    main === 'reanalyse' && button(t('action.reanalyse'), 'r', () => { actions.reanalyse(item); }),
    el('button', {
      type: 'button', class: 'icon-button stat-switch', tabIndex: -1, title: `${t('worklist.statSwitch')} (s)`,
      aria: { label: t('worklist.statSwitch'), pressed: isStat, keyshortcuts: 's' },
      on: { click: (event) => { event.stopPropagation(); actions.toggleStat(item); } },
    }, icon('urgent', 18)),
  ];
}

/** Once results of ours are among them, not everything that is counted is an image. */
function countText(item: WorklistItem): string {
  const onlyImages = item.modalities.every((modality) => hasImages({ modality }));
  return plural(onlyImages ? 'worklist.images' : 'worklist.objects', item.instanceCount);
}

function stateCell(item: WorklistItem): Child {
  const reason = stateReason(item);
  return [
    stateBadge(item),
    reason !== undefined && el('span', { class: 'sub reason', title: reason }, reason),
  ];
}

function patientCell(item: WorklistItem): Child {
  const conflicts = item.conflictCount > 0 ? plural('worklist.conflicts', item.conflictCount) : undefined;
  return [
    el('div', { class: 'patient-line' },
      item.priority === 'stat' && el('span', { class: 'tag tag-stat' }, t('worklist.stat')),
      el('a', { class: 'patient-link', tabIndex: -1, attributes: { href: `/studies/${encodeURIComponent(item.studyInstanceUID)}` } }, personName(item.patientName)),
      conflicts !== undefined && el('span', { class: 'conflict', title: conflicts }, icon('warning', 14), el('span', { class: 'visually-hidden' }, conflicts))),
    el('span', { class: 'sub' }, [item.patientID, sexAndAge(item)].filter((part) => part !== '').join(' · ')),
  ];
}

function studyCell(item: WorklistItem): Child {
  const when = [dicomDate(item.studyDate), dicomTime(item.studyTime)].filter((part) => part !== '').join(' ');
  return [
    el('div', { class: item.studyDescription === '' ? 'muted clip' : 'clip', title: item.studyDescription }, item.studyDescription === '' ? t('worklist.noDescription') : item.studyDescription),
    el('span', { class: 'sub clip' }, [when, item.modalities.join(', '), countText(item), siteTitle(item.site)].filter((part) => part !== '').join(' · ')),
  ];
}

function receivedCell(item: WorklistItem): Child {
  const { date, time } = dayAndTime(item.receivedAt);
  return [el('span', {}, time), date !== '' && el('span', { class: 'sub' }, date)];
}

/** The cells of one study, in the order of the header. */
export function rowCells(item: WorklistItem, actions: RowActions): readonly HTMLTableCellElement[] {
  const cell = (name: string, ...children: readonly Child[]): HTMLTableCellElement => el('td', { class: `cell-${name}`, role: 'gridcell' }, children);
  return [
    cell('patient', patientCell(item)),
    cell('description', studyCell(item)),
    cell('state', stateCell(item)),
    cell('findings', findingsCell(item)),
    cell('reading', readingBadge(item)),
    cell('received', receivedCell(item)),
    cell('actions', actionButtons(item, actions)),
  ];
}
