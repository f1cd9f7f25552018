/** Analyses of synthetic spheres on any grid, with findings that follow from the spheres by arithmetic. */
import { put } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { findingsSchemaVersion } from '../../src/findings/types.ts';
import type { Finding, FindingsDocument, WorldPoint } from '../../src/findings/types.ts';
import type { ResultInput } from '../../src/results/build-result-objects.ts';
import type { MaskBox, SliceReference, Vec3, VolumeGeometry } from '../../src/volume/types.ts';

export const ctStorage = '1.2.840.10008.5.1.4.1.1.2';
export const createdAt = new Date('2026-03-04T05:06:07Z');

export interface Sphere {
  /** Index i, j, k of the centre. */
  readonly centre: Vec3;
  readonly radiusMm: number;
  readonly finding?: Partial<Finding>;
  readonly lobeUnknown?: boolean;
}

export interface Grid {
  readonly columnDirection: Vec3;
  readonly rowDirection: Vec3;
  readonly sliceDirection: Vec3;
}
export const axial: Grid = { columnDirection: [1, 0, 0], rowDirection: [0, 1, 0], sliceDirection: [0, 0, 1] };
/** Head to feet, as a series sorted the other way along its normal. */
export const feetFirst: Grid = { columnDirection: [-1, 0, 0], rowDirection: [0, 1, 0], sliceDirection: [0, 0, -1] };
const c = Math.cos(0.2);
const s = Math.sin(0.2);
export const oblique: Grid = { columnDirection: [1, 0, 0], rowDirection: [0, c, s], sliceDirection: [0, -s, c] };
/** Gantry tilt: the planes are axial, the stack is not perpendicular to them. */
export const tilted: Grid = { columnDirection: [1, 0, 0], rowDirection: [0, c, s], sliceDirection: [0, 0, 1] };

export function geometryOf(grid: Grid): VolumeGeometry {
  return { columns: 90, rows: 70, slices: 40, origin: [-63.5, -48.25, -210.125], spacingMm: [0.7, 0.75, 1.25], frameOfReferenceUID: '2.25.77', ...grid };
}

export function worldOf(geometry: VolumeGeometry, [i, j, k]: Vec3): WorldPoint {
  const { origin, columnDirection, rowDirection, sliceDirection, spacingMm } = geometry;
  const axis = (n: 0 | 1 | 2): number => (
    origin[n] + i * spacingMm[0] * columnDirection[n] + j * spacingMm[1] * rowDirection[n] + k * spacingMm[2] * sliceDirection[n]
  );
  return [axis(0), axis(1), axis(2)];
}

/** `unevenBy`: every third image lies so much of a step further. */
export function slicesOf(geometry: VolumeGeometry, interpolated: readonly number[] = [], unevenBy = 0): readonly SliceReference[] {
  return Array.from({ length: geometry.slices }, (_, k) => (interpolated.includes(k)
    ? { sopInstanceUID: '', sopClassUID: '', imagePositionPatient: worldOf(geometry, [0, 0, k]), interpolated: true }
    : { sopInstanceUID: `2.25.1000${k}`, sopClassUID: ctStorage, imagePositionPatient: worldOf(geometry, [0, 0, k % 3 === 1 ? k + unevenBy : k]) }));
}

function distanceMm(geometry: VolumeGeometry, a: Vec3, b: Vec3): number {
  const p = worldOf(geometry, a);
  const q = worldOf(geometry, b);
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

export function sphereMask(geometry: VolumeGeometry, { centre, radiusMm }: Sphere): MaskBox {
  const start: Vec3 = [Math.floor(centre[0] - 20), Math.floor(centre[1] - 20), Math.floor(centre[2] - 12)];
  const size: Vec3 = [41, 41, 25];
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0; k < size[2]; k += 1) {
    for (let j = 0; j < size[1]; j += 1) {
      for (let i = 0; i < size[0]; i += 1) {
        const inside = distanceMm(geometry, [start[0] + i, start[1] + j, start[2] + k], centre) <= radiusMm;
        if (inside) data[(k * size[1] + j) * size[0] + i] = 1;
      }
    }
  }
  return { start, size, data };
}

function finding(geometry: VolumeGeometry, slices: readonly SliceReference[], sphere: Sphere, index: number): Finding {
  const { centre: [i, j, k], radiusMm } = sphere;
  const halfColumns = radiusMm / geometry.spacingMm[0];
  const halfRows = radiusMm / geometry.spacingMm[1];
  const image = slices[Math.round(k)]?.sopInstanceUID ?? '';
  const circle = Array.from({ length: 24 }, (_, n) => [i + halfColumns * Math.cos((n * Math.PI) / 12), j + halfRows * Math.sin((n * Math.PI) / 12)]).flat();
  const whole: Finding = {
    trackingUID: `2.25.50${index}`, trackingIdentifier: `Nodule ${index + 1}`, probability: 0.9 - index / 20, worldPoint: worldOf(geometry, [i, j, k]),
    diameterMm: 2 * radiusMm, longAxisMm: 2 * radiusMm, shortAxisMm: 2 * radiusMm, volumeMm3: (4 / 3) * Math.PI * radiusMm ** 3, meanHU: -35.4,
    type: 'solid', laterality: 'right', lobe: 'right-upper', sliceInstanceUID: image,
    longAxisWorld: [worldOf(geometry, [i - halfColumns, j, k]), worldOf(geometry, [i + halfColumns, j, k])],
    shortAxisWorld: [worldOf(geometry, [i, j - halfRows, k]), worldOf(geometry, [i, j + halfRows, k])],
    outlines: [{ sopInstanceUID: image, polygons: [circle] }],
    ...sphere.finding,
  };
  if (sphere.lobeUnknown !== true) return whole;
  const { lobe, ...withoutLobe } = whole;
  return lobe === undefined ? whole : withoutLobe;
}

export function headerOf(geometry: VolumeGeometry): Dataset {
  const header: Dataset = {};
  put(header, 'SOPClassUID', ctStorage);
  put(header, 'StudyInstanceUID', '2.25.5');
  put(header, 'SeriesInstanceUID', '2.25.6');
  put(header, 'PatientName', 'Nguyễn^Thị Hồng');
  put(header, 'PatientID', 'BN-0042');
  put(header, 'PatientBirthDate', '19560102');
  put(header, 'PatientSex', 'F');
  put(header, 'StudyDate', '20260303');
  put(header, 'StudyTime', '101112');
  put(header, 'StudyID', 'S1');
  put(header, 'AccessionNumber', 'ACC77');
  put(header, 'ReferringPhysicianName', 'Trần^Văn');
  put(header, 'StudyDescription', 'CT ngực');
  put(header, 'TimezoneOffsetFromUTC', '+0700');
  put(header, 'Modality', 'CT');
  put(header, 'Rows', geometry.rows);
  put(header, 'Columns', geometry.columns);
  return header;
}

export function documentOf(findings: readonly Finding[], change: Partial<FindingsDocument> = {}): FindingsDocument {
  return {
    schemaVersion: findingsSchemaVersion, studyInstanceUID: '2.25.5', seriesInstanceUID: '2.25.6', frameOfReferenceUID: '2.25.77', status: 'analysed', warnings: [],
    seriesAssessments: [], model: { id: 'nodule-detector', version: '1.0.0', sha256: 'ab'.repeat(32), name: 'Nodule detector' }, operatingPoint: 0.5, findings,
    quality: {}, timingsMs: { total: 1234 }, inputHash: 'cd'.repeat(32), ...change,
  };
}

export function sampleInput(grid: Grid, spheres: readonly Sphere[], options: { readonly interpolated?: readonly number[]; readonly unevenBy?: number; readonly document?: Partial<FindingsDocument> } = {}): ResultInput {
  const geometry = geometryOf(grid);
  const slices = slicesOf(geometry, options.interpolated, options.unevenBy);
  return {
    findings: documentOf(spheres.map((sphere, index) => finding(geometry, slices, sphere, index)), options.document),
    volume: { geometry, slices },
    masks: spheres.map((sphere) => sphereMask(geometry, sphere)),
    sourceHeaders: {
      header: headerOf(geometry),
      references: slices.filter(({ sopInstanceUID }) => sopInstanceUID !== '').map(({ sopInstanceUID, sopClassUID }) => ({ sopInstanceUID, sopClassUID })),
    },
    softwareVersion: '0.1.0',
    createdAt,
  };
}

export const spheres: readonly Sphere[] = [
  { centre: [30, 25, 15], radiusMm: 5, finding: { distanceToPleuraMm: 4.2 } },
  { centre: [60, 40, 22], radiusMm: 3, finding: { laterality: 'left', lobe: 'left-lower', type: 'part-solid', solidDiameterMm: 2.5 } },
  { centre: [45, 35, 18], radiusMm: 8, lobeUnknown: true, finding: { laterality: 'unknown', type: 'ground-glass', notes: ['gap-nearby'] } },
];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Not analysed: an MR study. */
export function notAnalysedInput(): ResultInput {
  const geometry = geometryOf(axial);
  const document: Partial<Mutable<FindingsDocument>> = documentOf([]);
  delete document.seriesInstanceUID;
  delete document.frameOfReferenceUID;
  const header = headerOf(geometry);
  put(header, 'Modality', 'MR');
  return {
    findings: {
      ...(document as FindingsDocument), status: 'not-analysed', inputHash: '00'.repeat(32),
      reason: { code: 'no-eligible-series', text: { en: 'The study has no CT series of the chest.', vi: 'Nghiên cứu không có chuỗi ảnh CT ngực.' } },
    },
    masks: [],
    sourceHeaders: { header, references: [{ sopInstanceUID: '2.25.900', sopClassUID: '1.2.840.10008.5.1.4.1.1.4' }] },
    softwareVersion: '0.1.0',
    createdAt,
  };
}

/** The axial spheres on one Enhanced CT image. */
export function multiFrameInput(): ResultInput {
  const input = sampleInput(axial, spheres.slice(0, 1));
  const image = { sopInstanceUID: '2.25.800', sopClassUID: '1.2.840.10008.5.1.4.1.1.2.1' };
  const geometry = geometryOf(axial);
  const slices = slicesOf(geometry).map((slice, k) => ({ ...slice, ...image, frameNumber: k + 1 }));
  const findings = input.findings.findings.map((one) => ({
    ...one, sliceInstanceUID: image.sopInstanceUID, sliceFrameNumber: 16,
    outlines: one.outlines.map(({ polygons }) => ({ sopInstanceUID: image.sopInstanceUID, frameNumber: 16, polygons })),
  }));
  return { ...input, volume: { geometry, slices }, findings: { ...input.findings, findings }, sourceHeaders: { ...input.sourceHeaders, references: [image] } };
}
