/** The DICOM objects of one analysis: joins what `analyzeStudy` gives to what the writers want. */
import { number, text } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { AnalysisResult } from '../inference/analyze-study.ts';
import { conclusionsOf } from './analysis-conclusions.ts';
import { buildResultObjects } from './build-result-objects.ts';
import type { ResultInput, ResultObject } from './input.ts';
import type { ResultOptions } from './options.ts';
import { rescaleOf } from './presentation-state.ts';

function referenceOf(header: Dataset): ResultInput['sourceHeaders']['references'] {
  const sopInstanceUID = text(header, 'SOPInstanceUID');
  const sopClassUID = text(header, 'SOPClassUID');
  const instanceNumber = number(header, 'InstanceNumber');
  return sopInstanceUID === undefined || sopClassUID === undefined ? [] : [{ sopInstanceUID, sopClassUID, rescale: rescaleOf(header), ...(instanceNumber === undefined ? {} : { instanceNumber }) }];
}

/** Empty only when no instance of the study could be read, so that there is no patient or study to write about. */
export async function buildAnalysisObjects(
  { findings, volume, masks, sourceHeaders, views }: AnalysisResult,
  options: { readonly softwareVersion: string; readonly createdAt?: Date; readonly options?: ResultOptions },
): Promise<readonly ResultObject[]> {
  const [header] = sourceHeaders;
  if (header === undefined) return [];
  const source = { header, references: sourceHeaders.flatMap(referenceOf) };
  const conclusions = conclusionsOf({ findings, sourceHeaders: source });
  return buildResultObjects({
    findings, masks, ...options,
    ...(volume === undefined ? {} : { volume }),
    ...(views === undefined ? {} : { views }),
    ...(conclusions === undefined ? {} : { conclusions }),
    sourceHeaders: source,
  });
}
