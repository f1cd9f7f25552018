import type { WorklistItem } from '../api/types.ts';
import { plural, t } from '../i18n/index.ts';
import { el, type Child } from '../ui/dom.ts';
import { decimal, dicomDate, dicomTime, moment, personName, sexAndAge } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import { hasImages } from '../ui/modality.ts';
import { stateBadge, stateReason } from '../ui/study-state.ts';

export interface RowActions {
  readonly complete: (item: WorklistItem) => void;
  readonly reanalyse: (item: WorklistItem) => void;
}

/** Findings are a number only where an analysis ended; every other state says that there is no result. */
function findingsCell(item: WorklistItem): Child {
  if (item.state === 'not-analysed' || item.state === 'failed') {
    return el('span', { class: 'no-result' }, t('findings.noResult'));
  }
  if (item.state !== 'analysed' || item.findingCount === undefined) return el('span', { class: 'muted' }, t('findings.pending'));
  if (item.findingCount === 0) return el('span', { class: 'none-found' }, t('findings.none'));
  return [
    el('strong', { class: 'finding-count' }, plural('findings.count', item.findingCount)),
    item.largestDiameterMm !== undefined && el('span', { class: 'sub' }, t('findings.largest', { size: decimal(item.largestDiameterMm, 1) })),
  ];
}

function action(item: WorklistItem, actions: RowActions): Child {
  const button = (name: string, run: () => void): HTMLElement => el('button', {
    type: 'button', class: 'button button-small',
    on: { click: (event) => { event.stopPropagation(); run(); } },
  }, name);
  if (item.state === 'incomplete') return button(t('action.completeNow'), () => { actions.complete(item); });
  if (item.state === 'failed') return [button(t('action.reanalyse'), () => { actions.reanalyse(item); })];
  return undefined;
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

/** The cells of one study, in the order of the header. */
export function rowCells(item: WorklistItem, actions: RowActions): readonly HTMLTableCellElement[] {
  const cell = (name: string, ...children: readonly Child[]): HTMLTableCellElement => el('td', { class: `cell-${name}`, role: 'gridcell' }, children);
  return [
    cell(
      'patient',
      el('a', { class: 'patient-link', tabIndex: -1, attributes: { href: `/studies/${encodeURIComponent(item.studyInstanceUID)}` } }, personName(item.patientName)),
      item.priority === 'stat' && el('span', { class: 'tag tag-stat' }, t('worklist.stat')),
      item.conflictCount > 0 && el('span', { class: 'conflict', title: plural('worklist.conflicts', item.conflictCount) }, icon('warning', 14),
        el('span', { class: 'visually-hidden' }, plural('worklist.conflicts', item.conflictCount))),
    ),
    cell('id', item.patientID),
    cell('sex', sexAndAge(item)),
    cell('date', dicomDate(item.studyDate), el('span', { class: 'sub' }, dicomTime(item.studyTime))),
    cell('description', item.studyDescription === '' ? el('span', { class: 'muted' }, t('worklist.noDescription')) : item.studyDescription,
      el('span', { class: 'sub' }, `${item.modalities.join(', ')} · ${countText(item)}`)),
    cell('state', stateCell(item)),
    cell('findings', findingsCell(item)),
    cell('received', moment(item.receivedAt)),
    cell('actions', action(item, actions)),
  ];
}
