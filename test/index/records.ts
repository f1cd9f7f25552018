/** Instance records with the headers that a CT brings, for the tests of the index. */
import { put } from '../../src/dicom/build.ts';
import type { Dataset, DicomValue } from '../../src/dicom/dataset.ts';
import type { Keyword } from '../../src/dicom/tags.ts';
import type { Finding, FindingsDocument } from '../../src/findings/types.ts';
import type { InstanceRecord } from '../../src/study/types.ts';

export const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
export const comprehensive3DSR = '1.2.840.10008.5.1.4.1.1.88.34';

export interface RecordOptions {
  readonly study?: string;
  readonly series?: string;
  readonly instance?: string;
  readonly content?: string;
  readonly own?: boolean;
  readonly sopClassUID?: string;
  readonly receivedAt?: string;
  /** Attributes over the usual ones; an empty list makes one present and empty, undefined takes it away. */
  readonly attributes?: Readonly<Partial<Record<Keyword, readonly DicomValue[] | undefined>>>;
}

const usual: Readonly<Partial<Record<Keyword, readonly DicomValue[]>>> = {
  PatientName: ['Nguyễn^Văn Đức'], PatientID: ['BN-0012345'], PatientBirthDate: ['19610203'], PatientSex: ['M'],
  StudyDate: ['20260102'], StudyTime: ['101530'], AccessionNumber: ['ACC778'], StudyID: ['S1'], StudyDescription: ['CT lồng ngực'],
  ReferringPhysicianName: ['Trần^Bình'], Modality: ['CT'], SeriesNumber: [2], SeriesDescription: ['Lung 1.0 B60f'], BodyPartExamined: ['CHEST'],
  Rows: [512], Columns: [512],
};

export function record(options: RecordOptions = {}): InstanceRecord {
  const { study = '1.2.3', series = `${study}.1`, instance = `${series}.1`, sopClassUID = ctImageStorage } = options;
  const header: Dataset = {};
  for (const [keyword, values] of Object.entries({ ...usual, InstanceNumber: [Number(instance.split('.').at(-1))], ...options.attributes })) {
    if (values !== undefined) put(header, keyword as Keyword, ...values);
  }
  put(header, 'StudyInstanceUID', study);
  put(header, 'SeriesInstanceUID', series);
  put(header, 'SOPInstanceUID', instance);
  put(header, 'SOPClassUID', sopClassUID);
  const content = options.content ?? instance;
  return {
    studyInstanceUID: study, seriesInstanceUID: series, sopInstanceUID: instance, sopClassUID,
    transferSyntaxUID: '1.2.840.10008.1.2.1', blobKey: `blob of ${content}`, sizeBytes: 526_000, sha256: `hash of ${content}`,
    receivedAt: options.receivedAt ?? '2026-01-02T03:04:05.000Z', own: options.own ?? false, header,
  };
}

function finding(diameterMm: number, probability: number): Finding {
  return {
    trackingUID: '2.25.1', trackingIdentifier: 'Nodule 1', probability, worldPoint: [0, 0, 0], diameterMm, longAxisMm: diameterMm,
    shortAxisMm: diameterMm, volumeMm3: 100, meanHU: 10, type: 'solid', laterality: 'left', sliceInstanceUID: '1.2.3.1.1',
    longAxisWorld: [[0, 0, 0], [0, 0, 0]], shortAxisWorld: [[0, 0, 0], [0, 0, 0]], outlines: [],
  };
}

/** Findings of the sizes and probabilities given; a refusal when there is a reason. */
export function findings(studyInstanceUID: string, sizes: readonly (readonly [diameterMm: number, probability: number])[], refusal?: string): FindingsDocument {
  return {
    schemaVersion: '1.0', studyInstanceUID, status: refusal === undefined ? 'analysed' : 'not-analysed',
    ...(refusal === undefined ? {} : { reason: { code: refusal, text: { en: 'Refused', vi: 'Từ chối' } } }),
    warnings: [], seriesAssessments: [], model: { id: 'm', version: '1', sha256: 'x', name: 'Model' }, operatingPoint: 0.5,
    findings: sizes.map(([diameterMm, probability]) => finding(diameterMm, probability)), quality: {}, timingsMs: {}, inputHash: 'h',
  };
}
