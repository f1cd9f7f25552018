/** The report of TID 1500 as an Enhanced SR (PS3.3 A.35.2), for systems that take no Comprehensive 3D SR. */
import { items, text } from '../dicom/access.ts';
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { dcm } from './codes.ts';
import { copiedModules, momentFor, putOwnModules } from './common-modules.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { putDocument, putRoot, reportDescription, segmentationSeries } from './sr.ts';
import { reportContent, type SegmentReference } from './sr-content.ts';
import { writeObject } from './write.ts';

export const enhancedSR = '1.2.840.10008.5.1.4.1.1.88.22';

/** The tree without coordinates in the patient, which this class does not know: outlines and axes on images remain. */
function withoutPatientCoordinates(nodes: readonly Dataset[]): readonly Dataset[] {
  return nodes.filter((node) => text(node, 'ValueType') !== 'SCOORD3D').map((node) => {
    const children = items(node, 'ContentSequence');
    if (children.length === 0) return node;
    const changed: Dataset = { ...node };
    put(changed, 'ContentSequence', ...withoutPatientCoordinates(children));
    return changed;
  });
}

export function buildEnhancedSr(input: ResultInput, identity: ResultIdentity, segment: SegmentReference | undefined): ResultObject {
  const { header } = input.sourceHeaders;
  const own: Dataset = {};
  const sopInstanceUID = identity.uid('enhanced-sr');
  putOwnModules(own, input, {
    sopClassUID: enhancedSR, sopInstanceUID, seriesInstanceUID: identity.uid('enhanced-sr-series'),
    seriesNumber: 9008, seriesDescription: reportDescription(input), modality: 'SR',
  }, momentFor(header, identity.createdAt));
  putDocument(own, input, segmentationSeries(identity, segment));
  putRoot(own, dcm.imagingMeasurementReport, '1500', withoutPatientCoordinates(reportContent(input, segment)));
  return { role: 'enhanced-sr', sopInstanceUID, sopClassUID: enhancedSR, part10: writeObject(copiedModules(header), own) };
}
