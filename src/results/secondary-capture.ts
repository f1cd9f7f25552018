/**
 * Secondary captures (PS3.3 A.8.1): the summary and the key images as pictures, for systems that show neither reports
 * nor segmentations. Uncompressed RGB, one object a picture, all in one series: what every viewer shows.
 */
import { put, putBytes } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { codeItem, dcm } from './codes.ts';
import { manufacturer, modelName, momentFor, putOwnModules, short } from './common-modules.ts';
import { sopItem, type SopReference } from './content-item.ts';
import type { Picture } from './drawing.ts';
import type { ResultIdentity } from './identity.ts';
import type { ResultInput, ResultObject } from './input.ts';
import { keyPanels } from './key-panel.ts';
import { keySlice } from './key-slice.ts';
import { copiedImageModules, isLossy } from './lossy.ts';
import type { ResultLanguage } from './options.ts';
import { summaryContent } from './summary-content.ts';
import { drawSummary } from './summary-page.ts';
import { writeObject } from './write.ts';

export const secondaryCaptureStorage = '1.2.840.10008.5.1.4.1.1.7';

interface Page {
  readonly picture: Picture;
  readonly description: string;
  /** The image that the picture was made from; absent for a page of text. */
  readonly source?: SopReference;
}

function putPixels(dataset: Dataset, { width, height, rgb }: Picture): void {
  put(dataset, 'SamplesPerPixel', 3);
  put(dataset, 'PhotometricInterpretation', 'RGB');
  put(dataset, 'PlanarConfiguration', 0);
  put(dataset, 'Rows', height);
  put(dataset, 'Columns', width);
  put(dataset, 'BitsAllocated', 8);
  put(dataset, 'BitsStored', 8);
  put(dataset, 'HighBit', 7);
  put(dataset, 'PixelRepresentation', 0);
  putBytes(dataset, 'PixelData', 'OB', rgb);
}

function seriesDescription({ findings: { status, findings } }: ResultInput): string {
  if (status === 'not-analysed') return 'AI lung nodules: NOT ANALYSED';
  return findings.length === 0 ? 'AI lung nodules: none at or above threshold' : 'AI lung nodules, summary and key images';
}

function capture(input: ResultInput, identity: ResultIdentity, language: ResultLanguage, { picture, description, source }: Page, instanceNumber: number): ResultObject {
  const { header } = input.sourceHeaders;
  const own: Dataset = {};
  // The words are part of the picture: another language is another object.
  const sopInstanceUID = identity.uid(`sc-${language}-${instanceNumber}`);
  const moment = momentFor(header, identity.createdAt);
  putOwnModules(own, input, {
    sopClassUID: secondaryCaptureStorage, sopInstanceUID, seriesInstanceUID: identity.uid(`sc-${language}-series`),
    seriesNumber: 9005, seriesDescription: seriesDescription(input), modality: 'OT', instanceNumber,
  }, moment);
  put(own, 'ConversionType', 'WSD');
  put(own, 'SecondaryCaptureDeviceManufacturer', manufacturer);
  put(own, 'SecondaryCaptureDeviceManufacturerModelName', modelName);
  put(own, 'SecondaryCaptureDeviceSoftwareVersions', short(input.softwareVersion));
  put(own, 'DateOfSecondaryCapture', moment.date);
  put(own, 'TimeOfSecondaryCapture', moment.time);
  put(own, 'ImageType', 'DERIVED', 'SECONDARY');
  put(own, 'PatientOrientation');
  put(own, 'Laterality');
  put(own, 'ImageComments', short(description));
  put(own, 'DerivationDescription', short(description));
  // Name and number of the patient stand in the picture.
  put(own, 'BurnedInAnnotation', 'YES');
  put(own, 'LossyImageCompression', isLossy(header) ? '01' : '00');
  if (source !== undefined) {
    const image = sopItem(source);
    put(image, 'SpatialLocationsPreserved', 'NO');
    put(image, 'PurposeOfReferenceCodeSequence', codeItem(dcm.sourceImageForProcessing));
    put(own, 'SourceImageSequence', image);
  }
  putPixels(own, picture);
  return { role: 'sc', language, sopInstanceUID, sopClassUID: secondaryCaptureStorage, part10: writeObject(copiedImageModules(header), own) };
}

/** Pages of the summary, then a key image for each finding that has views. One picture at a time is in memory beside the objects. */
export async function buildSecondaryCaptures(input: ResultInput, identity: ResultIdentity, language: ResultLanguage): Promise<readonly ResultObject[]> {
  const content = summaryContent(input, identity, language, input.views?.length ?? 0);
  const objects: ResultObject[] = [];
  for (const picture of await drawSummary(content)) {
    objects.push(capture(input, identity, language, { picture, description: 'AI result, not verified: summary' }, objects.length + 1));
  }
  for await (const picture of keyPanels(input, content)) {
    const source = keySlice(input, picture.finding);
    objects.push(capture(input, identity, language, {
      picture, description: `AI result, not verified: ${picture.finding.trackingIdentifier}`, ...(source === undefined ? {} : { source }),
    }, objects.length + 1));
  }
  return objects;
}
