/** The attributes of the synthetic study: everything of Type 1 and 2 in the CT Image IOD (PS3.3 A.3). */
import type { Dataset } from '../dicom/dataset.ts';
import type { PhantomGrid, PhantomScene, Scanner } from './types.ts';
import type { SeriesGeometryOptions } from './series-geometry.ts';
import { put } from '../dicom/build.ts';
import { uidFromName } from '../dicom/uid.ts';
import { createRandom } from './random.ts';

export interface PhantomDicomOptions extends SeriesGeometryOptions {
  readonly scanner: Scanner;
  /** One multi-frame object instead of one object per slice. */
  readonly enhanced?: boolean;
  /** YYYYMMDD. Default: 20250102 and later, by seed. */
  readonly studyDate?: string;
  /** Goes into every UID: another study of the same phantom. */
  readonly studyLabel?: string;
}

export interface SeriesIdentity {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly frameOfReferenceUID: string;
  /** Of instance `n`, from 1. */
  instanceUID(n: number): string;
}

/** The same UIDs for the same phantom and options, others for any other. */
export function identify(scene: PhantomScene, grid: PhantomGrid, options: PhantomDicomOptions): SeriesIdentity {
  const nodules = scene.nodules.map((n) => n.truth.worldPoint.map((v) => v.toFixed(3)).join(' ')).join(';');
  const study = `phoi phantom ${scene.seed} ${options.studyLabel ?? ''} ${scene.sex} ${scene.contrast} ${nodules}`;
  const series = `${study} ${JSON.stringify([grid, options.scanner, options.patientPosition ?? 'HFS', options.enhanced === true])}`;
  return {
    studyInstanceUID: uidFromName(`${study} study`), seriesInstanceUID: uidFromName(`${series} series`),
    frameOfReferenceUID: uidFromName(`${study} frame of reference`), instanceUID: (n) => uidFromName(`${series} instance ${n}`),
  };
}

const givenNames = {
  M: ['Văn Mẫu', 'Đức Giả Lập', 'Hữu Thử Nghiệm', 'Quốc Tổng Hợp'],
  F: ['Thị Mẫu', 'Ngọc Giả Lập', 'Thuỳ Thử Nghiệm', 'Ánh Tổng Hợp'],
} as const;

/** Patient, study, series, frame of reference and equipment; common to all instances. */
export function commonHeader(scene: PhantomScene, identity: SeriesIdentity, options: PhantomDicomOptions): Dataset {
  const random = createRandom(scene.seed, 'dicom');
  const header: Dataset = {};
  const age = 34 + random.integer(50);
  const date = options.studyDate ?? String(20250101 + random.integer(28));
  const time = `${String(7 + random.integer(10)).padStart(2, '0')}${String(random.integer(60)).padStart(2, '0')}00`;
  put(header, 'SpecificCharacterSet', 'ISO_IR 192');
  put(header, 'PatientName', `Phantom^${random.pick(givenNames[scene.sex])} ${scene.seed}`);
  put(header, 'PatientID', `PHANTOM-${String(scene.seed).padStart(6, '0')}`);
  put(header, 'PatientBirthDate', `${Number(date.slice(0, 4)) - age}0701`);
  put(header, 'PatientSex', scene.sex);
  put(header, 'PatientAge', `${String(age - 1).padStart(3, '0')}Y`);
  put(header, 'PatientComments', 'Synthetic: computed, no person');
  put(header, 'StudyInstanceUID', identity.studyInstanceUID);
  put(header, 'StudyDate', date);
  put(header, 'StudyTime', time);
  put(header, 'ReferringPhysicianName');
  put(header, 'StudyID', String(scene.seed));
  put(header, 'AccessionNumber', `PH${String(scene.seed).padStart(6, '0')}`);
  put(header, 'StudyDescription', scene.contrast ? 'CT ngực có thuốc cản quang (mô phỏng)' : 'CT ngực không thuốc cản quang (mô phỏng)');
  put(header, 'Modality', 'CT');
  put(header, 'SeriesInstanceUID', identity.seriesInstanceUID);
  put(header, 'SeriesNumber', 2);
  put(header, 'SeriesDate', date);
  put(header, 'SeriesTime', time);
  put(header, 'SeriesDescription', `Thorax ${options.scanner.kernel}`);
  put(header, 'ProtocolName', 'Thorax synthetic');
  put(header, 'BodyPartExamined', 'CHEST');
  put(header, 'PatientPosition', options.patientPosition ?? 'HFS');
  put(header, 'FrameOfReferenceUID', identity.frameOfReferenceUID);
  put(header, 'PositionReferenceIndicator');
  put(header, 'Manufacturer', 'Phoi');
  put(header, 'ManufacturerModelName', 'Synthetic thorax');
  put(header, 'SoftwareVersions', '0.1');
  put(header, 'DeviceSerialNumber', '1');
  put(header, 'ContentDate', date);
  put(header, 'ContentTime', time);
  return header;
}

export const kernelNames = { soft: 'B30f', standard: 'B45f', sharp: 'B70f' } as const;
