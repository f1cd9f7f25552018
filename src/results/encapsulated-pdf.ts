/** The summary as an Encapsulated PDF (PS3.3 A.45.1), for systems that file documents. */
import { put, putBytes } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { codeItem, other } from './codes.ts';
import { copiedModules, momentFor, putOwnModules } from './common-modules.ts';
import { sopItem } from './content-item.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { keyPanels } from './key-panel.ts';
import { keySlice } from './key-slice.ts';
import type { ResultLanguage } from './options.ts';
import { writePdf } from './pdf-document.ts';
import { summaryContent } from './summary-content.ts';
import { writeObject } from './write.ts';

export const encapsulatedPdfStorage = '1.2.840.10008.5.1.4.1.1.104.1';

function title({ findings: { status, findings } }: ResultInput): string {
  if (status === 'not-analysed') return 'AI lung nodules: NOT ANALYSED';
  return findings.length === 0 ? 'AI lung nodules: none at or above threshold' : 'AI lung nodules, summary';
}

export async function buildEncapsulatedPdf(input: ResultInput, identity: ResultIdentity, language: ResultLanguage): Promise<ResultObject> {
  const { header } = input.sourceHeaders;
  const content = summaryContent(input, identity, language, input.views?.length ?? 0);
  const pdf = await writePdf(content, identity.createdAt, keyPanels(input, content));
  const own: Dataset = {};
  const sopInstanceUID = identity.uid(`pdf-${language}`);
  const moment = momentFor(header, identity.createdAt);
  putOwnModules(own, input, {
    sopClassUID: encapsulatedPdfStorage, sopInstanceUID, seriesInstanceUID: identity.uid(`pdf-${language}-series`),
    seriesNumber: 9006, seriesDescription: title(input), modality: 'DOC',
  }, moment);
  put(own, 'ConversionType', 'WSD');
  put(own, 'AcquisitionDateTime');
  // Name and number of the patient stand in the document.
  put(own, 'BurnedInAnnotation', 'YES');
  put(own, 'DocumentTitle', `${title(input)} (AI result, not verified)`);
  put(own, 'ConceptNameCodeSequence', codeItem(other.diagnosticImagingStudy));
  put(own, 'VerificationFlag', 'UNVERIFIED');
  put(own, 'MIMETypeOfEncapsulatedDocument', 'application/pdf');
  const sources = new Map(input.findings.findings.flatMap((finding) => {
    const slice = keySlice(input, finding);
    return slice === undefined ? [] : [[slice.sopInstanceUID, { sopClassUID: slice.sopClassUID, sopInstanceUID: slice.sopInstanceUID }] as const];
  }));
  if (sources.size > 0) put(own, 'SourceInstanceSequence', ...[...sources.values()].map(sopItem));
  put(own, 'EncapsulatedDocumentLength', pdf.length);
  putBytes(own, 'EncapsulatedDocument', 'OB', pdf);
  return { role: 'pdf', language, sopInstanceUID, sopClassUID: encapsulatedPdfStorage, part10: writeObject(copiedModules(header), own) };
}
