/** Key object selection (TID 2010) of a signed reading: the images of the nodules that the report states. */
import { dcm, other } from './codes.ts';
import { code, image, textItem } from './content-item.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { buildSelection, keyImages } from './key-object-selection.ts';
import { personObserver } from './review-content.ts';
import { reportedFindings, type ReviewObjectsInput } from './review-input.ts';
import { reviewDisclaimer, reviewedFindingText } from './review-text.ts';

/** The object, or undefined when no reported finding has an image. */
export function buildReviewKeyObjects(input: ReviewObjectsInput, asResult: ResultInput, identity: ResultIdentity): ResultObject | undefined {
  const reported = reportedFindings(input).map(({ item }) => item);
  const images = keyImages(asResult, reported.map(({ finding }) => finding));
  const { language } = input.review.draft;
  return buildSelection(asResult, identity, {
    seriesNumber: 9104,
    seriesDescription: 'Lung nodules, key images of the signed report',
    images,
    others: [],
    content: [
      code('HAS CONCEPT MOD', dcm.language, language === 'vi' ? other.vietnamese : other.english),
      ...personObserver(input),
      textItem('CONTAINS', dcm.keyObjectDescription, [...reported.map((item) => reviewedFindingText(item, undefined)[language]), reviewDisclaimer[language]].join('\r\n')),
      ...images.map((reference) => image('CONTAINS', undefined, reference)),
    ],
  });
}
