/** The content tree of a signed report: TID 1500 with the reader as observer (TID 1003) before the algorithm (TID 1004). */
import type { Dataset } from '../dicom/dataset.ts';
import { code, container, num, personItem, textItem } from './content-item.ts';
import { dcm, other, phoi } from './codes.ts';
import { usable } from './common-modules.ts';
import { examinationItems } from './conclusion-items.ts';
import type { ResultInput } from './input.ts';
import { personName } from './person-name.ts';
import { reviewCodes as codes } from './review-codes.ts';
import { rejectedContainer, reportedGroups } from './review-groups.ts';
import { rejectedFindings, reportedFindings, type ReviewObjectsInput } from './review-input.ts';
import { reviewSummary } from './review-text.ts';
import { deviceObserver, imageLibrary } from './sr-content.ts';

/** By place in the draft; undefined where a finding has no mask or the mask is empty. */
export interface ReviewSegments {
  readonly sopInstanceUID: string;
  readonly segmentNumbers: readonly (number | undefined)[];
}

/** Where the reader works; undefined when nobody said. */
export function organizationOf({ organization, sourceHeaders }: ReviewObjectsInput): string | undefined {
  return organization?.trim() === '' ? undefined : organization ?? usable(sourceHeaders.header, 'InstitutionName');
}

/** TID 1002 with 1003. */
export function personObserver(input: ReviewObjectsInput): readonly Dataset[] {
  const { reader } = input.review;
  const organization = organizationOf(input);
  return [
    code('HAS OBS CONTEXT', dcm.observerType, codes.person),
    personItem('HAS OBS CONTEXT', codes.personName, personName(reader.name, reader.id)),
    ...(organization === undefined ? [] : [textItem('HAS OBS CONTEXT', codes.personOrganization, organization)]),
    code('HAS OBS CONTEXT', codes.personRole, codes.reader),
    textItem('HAS OBS CONTEXT', codes.personLogin, reader.id),
  ];
}

function evaluations(input: ReviewObjectsInput): Dataset {
  const { review, analysis } = input;
  const { impression, language, aiSecond } = review.draft;
  const sentences = reviewSummary(input);
  const spoken = language === 'vi' ? other.vietnamese : other.english;
  const shown = aiSecond?.revealedAt === undefined ? 'and not shown before signing' : `and shown at ${aiSecond.revealedAt}`;
  return container('CONTAINS', other.qualitativeEvaluations, [
    num('CONTAINS', codes.noduleCount, reportedFindings(input).length, other.count),
    ...examinationItems(review.conclusions),
    ...(impression.trim() === '' ? [] : [textItem('CONTAINS', codes.impression, impression, [code('HAS CONCEPT MOD', dcm.language, spoken)])]),
    ...(aiSecond === undefined ? [] : [textItem('CONTAINS', codes.readingOrder, `Read without the marks of the AI from ${aiSecond.startedAt}, ${shown}`)]),
    ...(analysis?.reason === undefined ? [] : [textItem('CONTAINS', phoi.reasonNotAnalysed, analysis.reason.text.en)]),
    ...(analysis?.warnings ?? []).map((warning) => textItem('CONTAINS', phoi.limitation, warning.text.en)),
    textItem('CONTAINS', dcm.summary, sentences.en, [code('HAS CONCEPT MOD', dcm.language, other.english)]),
    textItem('CONTAINS', dcm.summary, sentences.vi, [code('HAS CONCEPT MOD', dcm.language, other.vietnamese)]),
  ]);
}

/** The children of the root container. */
export function reviewContent(input: ReviewObjectsInput, asResult: ResultInput, segments: ReviewSegments | undefined): readonly Dataset[] {
  const groups = reportedFindings(input).flatMap(({ item, index }, position) => {
    const segmentNumber = segments?.segmentNumbers[index];
    const segment = segments === undefined || segmentNumber === undefined ? undefined : { sopInstanceUID: segments.sopInstanceUID, segmentNumber };
    return reportedGroups(input, asResult, item, position, segment);
  });
  return [
    code('HAS CONCEPT MOD', dcm.language, input.review.draft.language === 'vi' ? other.vietnamese : other.english),
    ...personObserver(input),
    ...deviceObserver(asResult),
    code('HAS CONCEPT MOD', dcm.procedureReported, asResult.volume === undefined ? other.diagnosticImagingStudy : other.ctChest),
    ...imageLibrary(asResult),
    ...(groups.length === 0 ? [] : [container('CONTAINS', dcm.imagingMeasurements, groups)]),
    ...rejectedContainer(input, asResult, rejectedFindings(input)),
    evaluations(input),
  ];
}
