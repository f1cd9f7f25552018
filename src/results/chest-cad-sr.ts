/** The report as a Chest CAD SR (PS3.3 A.35.7), for systems whose only overlay for AI results is that of CAD. */
import type { Dataset } from '../dicom/dataset.ts';
import { dcm } from './codes.ts';
import { chestCadContent } from './chest-cad-content.ts';
import { copiedModules, momentFor, putOwnModules } from './common-modules.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { putDocument, putRoot, reportDescription } from './sr.ts';
import { writeObject } from './write.ts';

export const chestCadSR = '1.2.840.10008.5.1.4.1.1.88.65';

/** Of every analysis, as the report is. */
export function buildChestCadSr(input: ResultInput, identity: ResultIdentity): ResultObject {
  const { header } = input.sourceHeaders;
  const own: Dataset = {};
  const sopInstanceUID = identity.uid('cad-sr');
  putOwnModules(own, input, {
    sopClassUID: chestCadSR, sopInstanceUID, seriesInstanceUID: identity.uid('cad-sr-series'),
    seriesNumber: 9007, seriesDescription: reportDescription(input), modality: 'SR',
  }, momentFor(header, identity.createdAt));
  putDocument(own, input, []);
  putRoot(own, dcm.chestCadReport, '4100', chestCadContent(input));
  return { role: 'cad-sr', sopInstanceUID, sopClassUID: chestCadSR, part10: writeObject(copiedModules(header), own) };
}
