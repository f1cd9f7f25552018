/** The DICOM objects of one analysis: joins what `analyzeStudy` gives to what the writers want. */
import { text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { AnalysisResult } from '../inference/analyze-study.ts';
import { buildResultObjects } from './build-result-objects.ts';
import type { ResultObject } from './input.ts';

function referenceOf(header: Dataset): readonly { readonly sopInstanceUID: string; readonly sopClassUID: string }[] {
  const sopInstanceUID = text(header, 'SOPInstanceUID');
  const sopClassUID = text(header, 'SOPClassUID');
  return sopInstanceUID === undefined || sopClassUID === undefined ? [] : [{ sopInstanceUID, sopClassUID }];
}

/** Empty only when no instance of the study could be read, so that there is no patient or study to write about. */
export async function buildAnalysisObjects(
  { findings, volume, masks, sourceHeaders }: AnalysisResult,
  options: { readonly softwareVersion: string; readonly createdAt?: Date },
): Promise<readonly ResultObject[]> {
  const [header] = sourceHeaders;
  if (header === undefined) return [];
  return buildResultObjects({
    findings, masks, ...options,
    ...(volume === undefined ? {} : { volume }),
    sourceHeaders: { header, references: sourceHeaders.flatMap(referenceOf) },
  });
}
