/** The metadata of an instance as WADO-RS gives it: every attribute, bulk data as addresses (PS3.18 10.4.1.1.2). */
import type { Dataset, DicomElement, DicomValue } from '../dicom/dataset.ts';
import { hasValue } from '../dicom/access.ts';
import { toDicomJson } from '../dicom/json.ts';
import { tag } from '../dicom/tags.ts';
import { transferSyntax } from '../dicom/transfer-syntax.ts';
import type { InstanceRecord } from '../study/types.ts';

function isItem(value: DicomValue): value is Dataset {
  return typeof value === 'object' && value !== null && !('Alphabetic' in value || 'Ideographic' in value || 'Phonetic' in value);
}

/** JSON is UTF-8, whatever the instance is written in (PS3.18 F.2.2). */
export const jsonCharacterSet: DicomElement = { vr: 'CS', Value: ['ISO_IR 192'] };

/** The index keeps `bulkdata/TAG.ITEM.TAG`, relative to the instance. */
function absolute(dataset: Dataset, instanceUrl: string): Dataset {
  return Object.fromEntries(Object.entries(dataset).map(([key, element]): [string, DicomElement] => {
    if (key === tag('SpecificCharacterSet')) return [key, jsonCharacterSet];
    if (element.BulkDataURI !== undefined) return [key, { vr: element.vr, BulkDataURI: `${instanceUrl}/${element.BulkDataURI}` }];
    if (element.vr === 'SQ' && element.Value !== undefined) {
      return [key, { vr: 'SQ', Value: element.Value.map((value) => (isItem(value) ? absolute(value, instanceUrl) : value)) }];
    }
    return [key, element];
  }));
}

/** True when the header describes an image, so that frames can be asked for. */
export function hasPixels(header: Dataset): boolean {
  return hasValue(header, 'Rows') && hasValue(header, 'Columns') && hasValue(header, 'BitsAllocated');
}

export function instanceMetadata(record: InstanceRecord, instanceUrl: string): Record<string, unknown> {
  const dataset = absolute(record.header, instanceUrl);
  dataset[tag('AvailableTransferSyntaxUID')] = { vr: 'UI', Value: [record.transferSyntaxUID] };
  if (hasPixels(dataset)) {
    const vr = transferSyntax(record.transferSyntaxUID).encapsulated ? 'OB' : 'OW';
    dataset[tag('PixelData')] = { vr, BulkDataURI: `${instanceUrl}/bulkdata/${tag('PixelData')}` };
  }
  return toDicomJson(dataset);
}
