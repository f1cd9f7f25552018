/**
 * What makes a newer result take the place of an earlier one: the new report names the earlier as its predecessor,
 * and a rejection note (IHE IOCM) says that the earlier objects are not to be used any more. They stay where they are:
 * nothing is deleted. Only objects of analyses are ever superseded; what a radiologist signed is not.
 */
import { createHash } from 'node:crypto';

import { item, text } from '../dicom/access.ts';
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { encodePart10 } from '../dicom/encode.ts';
import { parsePart10 } from '../dicom/parse.ts';
import { uidFromName } from '../dicom/uid.ts';
import { codeItem, dcm, other } from './codes.ts';
import type { CodedConcept } from './codes.ts';
import { copiedModules, manufacturer, modelName, momentFor, short } from './common-modules.ts';
import { code, composite, image, putTemplate, textItem, uidReference } from './content-item.ts';
import type { ResultObject } from './input.ts';
import { keyObjectSelection } from './key-object-selection.ts';
import { hierarchicalReferences, type ObjectReference, putPredecessors } from './object-reference.ts';
import { writeObject } from './write.ts';

/**
 * PS3.16 CID 7010, 7011. Of the four titles of IOCM this one lets an archive keep the objects for regular use by those
 * who ask; "patient safety" would hide them for good, "worklist entry" and "retention" say something that is not so.
 */
const rejectedForQuality: CodedConcept = ['113001', 'DCM', 'Rejected for Quality Reasons'];
const documentTitleModifier: CodedConcept = ['113011', 'DCM', 'Document Title Modifier'];
const otherFailure: CodedConcept = ['111220', 'DCM', 'Other failure'];

/** Storage classes with pixels; everything else is referred to as COMPOSITE (PS3.3 C.17.3.2.4). */
const imageClasses = ['1.2.840.10008.5.1.4.1.1.66.4', '1.2.840.10008.5.1.4.1.1.66.7', '1.2.840.10008.5.1.4.1.1.7', '1.2.840.10008.5.1.4.1.1.7.'];

function isImage(sopClassUID: string): boolean {
  return imageClasses.some((prefix) => (prefix.endsWith('.') ? sopClassUID.startsWith(prefix) : sopClassUID === prefix));
}

/**
 * The report with the documents that it follows (PS3.3 C.17.2); unchanged bytes where there are none. Everything else
 * stays as its writer made it, the UID too: the server adds this before anybody has seen the object.
 */
export function withPredecessors(part10: Uint8Array, predecessors: readonly ObjectReference[]): Uint8Array {
  if (predecessors.length === 0) return part10;
  const { dataset } = parsePart10(part10);
  const own = { ...dataset };
  putPredecessors(own, predecessors);
  return encodePart10(own, { values: 'received' });
}

export interface RejectionInput {
  /** The report of the newer result, a Part 10 file: patient and study are taken from it. */
  readonly report: Uint8Array;
  /** Objects of the earlier result, all of the report's study. */
  readonly rejected: readonly ObjectReference[];
  /** Versions of the results, as the service counts them. */
  readonly fromVersion: number;
  readonly toVersion: number;
  readonly softwareVersion: string;
  /** When the newer result was made; the same input gives the same bytes. */
  readonly createdAt: Date;
}

function explanation({ fromVersion, toVersion, rejected }: RejectionInput): string {
  const count = rejected.length;
  return [
    `Superseded: version ${fromVersion} of the automatic analysis (${count} ${count === 1 ? 'object' : 'objects'}) was replaced by version ${toVersion}, because images arrived later, the model changed or the analysis was run again. Use the newer result. What a radiologist signed is not affected.`,
    `Đã được thay thế: phiên bản ${fromVersion} của kết quả phân tích tự động (${count} đối tượng) được thay bằng phiên bản ${toVersion} do có ảnh đến sau, mô hình thay đổi hoặc phân tích được chạy lại. Hãy dùng kết quả mới. Báo cáo bác sĩ đã ký không bị ảnh hưởng.`,
    'Not a certified medical device; a radiologist decides. / Không phải thiết bị y tế được chứng nhận; bác sĩ chẩn đoán hình ảnh là người quyết định.',
  ].join('\r\n');
}

function rejectedItem(reference: ObjectReference): Dataset {
  return isImage(reference.sopClassUID) ? image('CONTAINS', undefined, reference) : composite('CONTAINS', undefined, reference);
}

/** A Key Object Selection (TID 2010) titled as rejection, of role `rejection`. `rejected` must not be empty. */
export function buildRejectionNote(input: RejectionInput): ResultObject {
  const { dataset: report } = parsePart10(input.report);
  const { rejected, createdAt } = input;
  const studyInstanceUID = text(report, 'StudyInstanceUID') ?? '';
  const identity = createHash('sha256').update(JSON.stringify([text(report, 'SOPInstanceUID'), rejected, input.fromVersion, input.toVersion, createdAt.toISOString()])).digest('hex');
  const sopInstanceUID = uidFromName(`rejection|${identity}`);
  const { date, time } = momentFor(report, createdAt);
  const own: Dataset = {};
  put(own, 'SOPClassUID', keyObjectSelection);
  put(own, 'SOPInstanceUID', sopInstanceUID);
  put(own, 'InstanceCreationDate', date);
  put(own, 'InstanceCreationTime', time);
  put(own, 'InstanceNumber', 1);
  put(own, 'StudyInstanceUID', studyInstanceUID);
  put(own, 'SeriesInstanceUID', uidFromName(`rejection-series|${identity}`));
  put(own, 'SeriesNumber', 9099);
  put(own, 'SeriesDescription', 'AI lung nodules: superseded results');
  put(own, 'SeriesDate', date);
  put(own, 'SeriesTime', time);
  put(own, 'ContentDate', date);
  put(own, 'ContentTime', time);
  put(own, 'Modality', 'KO');
  put(own, 'Manufacturer', manufacturer);
  put(own, 'ManufacturerModelName', modelName);
  put(own, 'SoftwareVersions', short(input.softwareVersion));
  put(own, 'ReferencedPerformedProcedureStepSequence');
  // The order is that of the report (PS3.3 C.17.6.2, type 1C).
  const order = item(report, 'ReferencedRequestSequence');
  if (order !== undefined) put(own, 'ReferencedRequestSequence', order);
  put(own, 'CurrentRequestedProcedureEvidenceSequence', ...hierarchicalReferences(rejected));
  put(own, 'ValueType', 'CONTAINER');
  put(own, 'ConceptNameCodeSequence', codeItem(rejectedForQuality));
  put(own, 'ContinuityOfContent', 'SEPARATE');
  putTemplate(own, '2010');
  put(own, 'ContentSequence',
    code('HAS CONCEPT MOD', documentTitleModifier, otherFailure),
    code('HAS CONCEPT MOD', dcm.language, other.english),
    code('HAS OBS CONTEXT', dcm.observerType, dcm.device),
    uidReference('HAS OBS CONTEXT', dcm.deviceObserverUID, uidFromName(`device|${modelName}|results`)),
    textItem('HAS OBS CONTEXT', dcm.deviceObserverName, `${modelName} (not a certified medical device)`),
    textItem('CONTAINS', dcm.keyObjectDescription, explanation(input)),
    ...rejected.map(rejectedItem));
  return { role: 'rejection', sopInstanceUID, sopClassUID: keyObjectSelection, part10: writeObject(copiedModules(report), own) };
}
