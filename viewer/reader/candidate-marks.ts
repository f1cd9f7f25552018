import type { FindingsDocument } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { normalOf, worldToPixel, type SliceImage } from '../rendering/slice-images.ts';
import type { StackView } from '../rendering/stack-view.ts';
import { listFindings, type ListSource } from '../review/listed.ts';
import { svg } from '../ui/dom.ts';
import { probabilityPercent } from '../ui/format.ts';
import type { ReaderState } from './state.ts';

export interface Candidate {
  readonly worldPoint: readonly [number, number, number];
  readonly probability: number;
  readonly diameterMm: number;
}

/** What the model saw below its operating point, the most probable first; absent in results of earlier releases. */
export function candidatesOf(findings: FindingsDocument | undefined): readonly Candidate[] {
  return findings?.status === 'analysed' ? [...findings.candidates ?? []].toSorted((a, b) => b.probability - a.probability) : [];
}

/** Two marks nearer than this are of one nodule, mm. */
const leastReachMm = 3;

/** Those that the reader wants to see and that are no findings yet; none unless the slider was moved below the operating point. */
export function shownCandidates(state: ListSource & Pick<ReaderState, 'candidatesFrom'>): readonly Candidate[] {
  const { findings, candidatesFrom } = state;
  if (candidatesFrom === undefined) return [];
  const known = listFindings(state).map(({ finding }) => finding);
  return candidatesOf(findings).filter(({ probability, worldPoint, diameterMm }) => probability >= candidatesFrom
    && !known.some((finding) => Math.hypot(...worldPoint.map((at, axis) => at - (finding.worldPoint[axis] ?? 0))) < Math.max(leastReachMm, diameterMm / 2, finding.diameterMm / 2)));
}

/** Thin, faint, and with the word: nobody takes them for findings. */
export function candidateMarks(view: StackView, image: SliceImage, state: ReaderState): readonly SVGElement[] {
  const { plane } = image;
  if (plane === undefined || state.findings?.seriesInstanceUID !== state.seriesInstanceUID) return [];
  const normal = normalOf(plane);
  return shownCandidates(state).flatMap(({ worldPoint, probability, diameterMm }) => {
    const distance = Math.abs([0, 1, 2].reduce((sum, at) => sum + ((worldPoint[at] ?? 0) - (plane.position[at] ?? 0)) * (normal[at] ?? 0), 0));
    if (distance > Math.max(1.5, diameterMm / 2)) return [];
    const [column, row] = worldToPixel(plane, worldPoint);
    const centre = view.toCanvas(column, row);
    const edge = view.toCanvas(column + diameterMm / 2 / plane.columnSpacingMm, row);
    if (centre === undefined || edge === undefined) return [];
    const radius = Math.max(7, Math.hypot(edge[0] - centre[0], edge[1] - centre[1]) + 3);
    return [svg('g', { class: 'candidate' },
      svg('circle', { class: 'candidate-outline', cx: centre[0], cy: centre[1], r: radius }),
      svg('text', { class: 'candidate-text', x: centre[0], y: centre[1] + radius + 13, 'text-anchor': 'middle' }, t('candidate.mark', { probability: probabilityPercent(probability) })))];
  });
}
