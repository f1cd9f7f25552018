/**
 * The findings of a reading in the report. What stands as a nodule (accepted, edited, added) has the measurement groups
 * of TID 1411 and 1410 with the reader's values; a value that the reader changed carries the one before as its property.
 * What the reader rejected is no measurement of a nodule and stands in a container of its own.
 */
import type { NoduleComparison, NoduleFeatures } from '../conclusions/types.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { EditableField, ReviewedFinding } from '../review/types.ts';
import { distance } from '../volume/vec3.ts';
import { dcm, noduleTypeCodes, other, sct } from './codes.ts';
import { noduleItems } from './conclusion-items.ts';
import { code, container, dateItem, num, scoord3d, textItem, uidReference } from './content-item.ts';
import type { ResultInput } from './input.ts';
import { algorithmIdentification, type GroupOptions, type GroupValue, planarGroup, siteItem, tracking, volumetricGroup } from './measurement-groups.ts';
import { frameOfReference } from './references.ts';
import { benignPatternCodes, changeCodes, rejectReasonCodes, type ReportedVerdict, reviewCodes as codes, verdictCodes } from './review-codes.ts';
import { originalOf, type ReviewObjectsInput } from './review-input.ts';

/** End points that differ from a stated length by more belong to the length before the edit. */
const pathToleranceMm = 0.3;

export function reportedVerdict({ verdict, origin, edited }: ReviewedFinding): ReportedVerdict {
  if (verdict !== 'accepted') return verdict;
  if (origin === 'reader') return 'added';
  return edited.length === 0 ? 'accepted' : 'edited';
}

const fieldsOf: Readonly<Record<GroupValue, readonly EditableField[]>> = {
  longAxisMm: ['longAxisMm'], shortAxisMm: ['shortAxisMm'], diameterMm: ['longAxisMm', 'shortAxisMm'], solidDiameterMm: ['solidDiameterMm'],
  volumeMm3: ['longAxisMm', 'shortAxisMm'], type: ['type'], site: ['laterality', 'lobe'],
};

/** The value before the edit, as the software measured it. */
function beforeEdit(value: GroupValue, original: ReviewedFinding['finding']): readonly Dataset[] {
  switch (value) {
    case 'type': return [code('HAS PROPERTIES', codes.beforeEdit, noduleTypeCodes[original.type])];
    case 'site': return [siteItem(original, [], codes.beforeEdit, 'HAS PROPERTIES')];
    case 'volumeMm3': return [];
    case 'longAxisMm': case 'shortAxisMm': case 'diameterMm': case 'solidDiameterMm': {
      const millimetres = original[value];
      return millimetres === undefined ? [] : [num('HAS PROPERTIES', codes.beforeEdit, millimetres, other.millimetre)];
    }
  }
}

/** Whose a value is, where the reader changed one that it hangs on. */
function provenance(item: ReviewedFinding, original: ReviewedFinding['finding'] | undefined, value: GroupValue): readonly Dataset[] {
  if (!fieldsOf[value].some((field) => item.edited.includes(field))) return [];
  // The volume stays that of the outline, whatever axes the reader drew.
  if (value === 'volumeMm3') return [code('HAS PROPERTIES', codes.valueSource, codes.bySoftware)];
  return [code('HAS PROPERTIES', codes.valueSource, codes.byReader), ...(original === undefined ? [] : beforeEdit(value, original))];
}

function stalePaths({ finding, edited }: ReviewedFinding): GroupOptions['withoutPath'] {
  const axes = { longAxisMm: finding.longAxisWorld, shortAxisMm: finding.shortAxisWorld } as const;
  return (['longAxisMm', 'shortAxisMm'] as const).filter((axis) => edited.includes(axis) && Math.abs(distance(...axes[axis]) - finding[axis]) > pathToleranceMm);
}

function featureItems(features: NoduleFeatures | undefined): readonly Dataset[] {
  const answer = (value: boolean) => (value ? codes.yes : codes.no);
  return [
    ...(features?.isSpiculated === undefined ? [] : [code('CONTAINS', codes.spiculated, answer(features.isSpiculated))]),
    ...(features?.isPerifissural === undefined ? [] : [code('CONTAINS', codes.perifissural, answer(features.isPerifissural))]),
    ...(features?.benignPattern === undefined ? [] : [code('CONTAINS', codes.benignPattern, benignPatternCodes[features.benignPattern])]),
  ];
}

function comparisonItem(comparison: NoduleComparison): Dataset {
  const { priorTrackingUID, priorDiameterMm, priorVolumeMm3, volumeDoublingTimeDays } = comparison;
  return code('CONTAINS', codes.change, changeCodes[comparison.change], [
    dateItem('HAS PROPERTIES', codes.priorDate, comparison.priorDate),
    uidReference('HAS PROPERTIES', codes.studyUID, comparison.priorStudyInstanceUID),
    num('HAS PROPERTIES', codes.interval, comparison.intervalDays, codes.day),
    ...(priorTrackingUID === undefined ? [] : [uidReference('HAS PROPERTIES', codes.priorTrackingUID, priorTrackingUID)]),
    ...(priorDiameterMm === undefined ? [] : [num('HAS PROPERTIES', codes.priorDiameter, priorDiameterMm, other.millimetre)]),
    ...(priorVolumeMm3 === undefined ? [] : [num('HAS PROPERTIES', codes.priorVolume, priorVolumeMm3, other.cubicMillimetre)]),
    ...(volumeDoublingTimeDays === undefined ? [] : [num('HAS PROPERTIES', codes.doublingTime, volumeDoublingTimeDays, codes.day)]),
  ]);
}

function comments({ comment }: ReviewedFinding): readonly Dataset[] {
  return comment === undefined || comment.trim() === '' ? [] : [textItem('CONTAINS', dcm.comment, comment)];
}

/** The groups of a reported finding; `position` is its place among the reported ones, as the conclusions count. */
export function reportedGroups(
  input: ReviewObjectsInput, asResult: ResultInput, item: ReviewedFinding, position: number,
  segment: { readonly sopInstanceUID: string; readonly segmentNumber: number } | undefined,
): readonly Dataset[] {
  const { finding, trackingUID } = item;
  const original = originalOf(input, trackingUID);
  const options: GroupOptions = {
    isByAlgorithm: item.origin === 'ai' && input.analysis !== undefined,
    propertiesOf: (value) => provenance(item, original, value),
    withoutPath: stalePaths(item),
    evaluations: [
      code('CONTAINS', codes.verdict, verdictCodes[reportedVerdict(item)]),
      ...featureItems(item.features),
      ...input.review.comparisons.filter((comparison) => comparison.trackingUID === trackingUID).map(comparisonItem),
      ...noduleItems(input.review.conclusions, position),
      ...comments(item),
    ],
  };
  if (segment === undefined) return [planarGroup(asResult, finding, true, options)];
  return [volumetricGroup(asResult, finding, segment, options), planarGroup(asResult, finding, false, options)];
}

/** What the AI found and the reader rejected: as much as tells which finding it was, and why. */
export function rejectedContainer(input: ReviewObjectsInput, asResult: ResultInput, rejected: readonly ReviewedFinding[]): readonly Dataset[] {
  if (rejected.length === 0) return [];
  return [container('CONTAINS', codes.rejectedFindings, rejected.map((item) => {
    const finding = originalOf(input, item.trackingUID) ?? item.finding;
    const { probability, diameterMm } = finding;
    return container('CONTAINS', codes.rejectedFinding, [
      ...tracking(finding),
      ...(item.origin === 'ai' && input.analysis !== undefined ? algorithmIdentification(asResult) : []),
      code('CONTAINS', codes.verdict, verdictCodes.rejected),
      ...(item.rejectReason === undefined ? [] : [code('CONTAINS', codes.rejectReason, rejectReasonCodes[item.rejectReason])]),
      scoord3d('CONTAINS', dcm.imageRegion, 'POINT', finding.worldPoint, frameOfReference(asResult)),
      siteItem(finding),
      num('CONTAINS', sct.diameter, diameterMm, other.millimetre, [code('HAS CONCEPT MOD', dcm.derivation, sct.mean)]),
      ...(probability === undefined ? [] : [num('CONTAINS', dcm.certaintyOfFinding, probability * 100, other.percent)]),
      ...comments(item),
    ]);
  }))];
}
