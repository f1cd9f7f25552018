import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NoduleTruth, PhantomOptions, PhantomScene, Scanner } from './types.ts';
import type { Vec3 } from '../volume/types.ts';
import type { PhantomDicomOptions } from './dicom-header.ts';
import type { PatientPosition } from './series-geometry.ts';
import { describeSeries, phantomToInstances } from './dicom-series.ts';
import { phantomOptionsForSeed } from './kinds.ts';
import { describePhantom } from './scene.ts';

export interface WritePhantomOptions {
  /** Folder for `IM0001` … and `truth.json`; made if absent. */
  readonly out: string;
  readonly seed: number;
  readonly nodules?: PhantomOptions['nodules'];
  readonly diameterRangeMm?: readonly [number, number];
  readonly slices?: number;
  readonly sliceSpacingMm?: number;
  readonly sliceThicknessMm?: number;
  readonly columns?: number;
  readonly pixelSpacingMm?: number;
  readonly kernel?: Scanner['kernel'];
  readonly noise?: Scanner['noise'];
  readonly patientPosition?: PatientPosition;
  readonly obliqueDegrees?: Vec3;
  readonly contrast?: boolean;
  readonly enhanced?: boolean;
  readonly studyLabel?: string;
}

export interface PhantomTruth {
  readonly seed: number;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly frameOfReferenceUID: string;
  readonly nodules: readonly NoduleTruth[];
}

export interface PhantomStudy {
  readonly truth: PhantomTruth;
  readonly instances: ReturnType<typeof phantomToInstances>;
}

interface DescribedStudy {
  readonly truth: PhantomTruth;
  readonly scene: PhantomScene;
  readonly dicom: PhantomDicomOptions;
}

/** The truth about a study, without painting its images. */
export function describePhantomStudy(options: Omit<WritePhantomOptions, 'out'>): PhantomTruth {
  return describeStudy(options).truth;
}

/** The study in memory; what the options leave out is drawn from the seed, except that it lies head first, supine. */
export function makePhantomStudy(options: Omit<WritePhantomOptions, 'out'>): PhantomStudy {
  const { truth, scene, dicom } = describeStudy(options);
  return { truth, instances: phantomToInstances(scene, dicom) };
}

function describeStudy(options: Omit<WritePhantomOptions, 'out'>): DescribedStudy {
  const kind = phantomOptionsForSeed(options.seed);
  const patientPosition = options.patientPosition ?? 'HFS';
  const scene = describePhantom({
    seed: options.seed, prone: patientPosition.endsWith('P'),
    ...(options.nodules === undefined ? {} : { nodules: options.nodules }),
    ...(options.contrast === undefined ? {} : { contrast: options.contrast }),
    ...(options.diameterRangeMm ? { diameterRangeMm: options.diameterRangeMm } : {}),
  });
  const spacing = options.sliceSpacingMm ?? (options.slices === undefined ? kind.sliceSpacingMm : undefined);
  const thickness = options.sliceThicknessMm ?? (spacing === undefined || options.sliceSpacingMm !== undefined ? undefined : kind.sliceThicknessMm);
  const dicom: PhantomDicomOptions = {
    patientPosition, scanner: {
      kernel: options.kernel ?? kind.scanner.kernel, noise: options.noise ?? kind.scanner.noise,
      ...(thickness === undefined ? {} : { sliceThicknessMm: thickness }),
    },
    ...(spacing === undefined ? {} : { sliceSpacingMm: spacing }),
    ...(options.slices === undefined ? {} : { slices: options.slices }),
    ...(options.columns === undefined ? {} : { columns: options.columns }),
    ...(options.pixelSpacingMm === undefined ? {} : { pixelSpacingMm: options.pixelSpacingMm }),
    ...(options.obliqueDegrees ? { obliqueDegrees: options.obliqueDegrees } : {}),
    ...(options.enhanced === undefined ? {} : { enhanced: options.enhanced }),
    ...(options.studyLabel === undefined ? {} : { studyLabel: options.studyLabel }),
  };
  const { identity } = describeSeries(scene, dicom);
  return {
    truth: {
      seed: options.seed, studyInstanceUID: identity.studyInstanceUID, seriesInstanceUID: identity.seriesInstanceUID,
      frameOfReferenceUID: identity.frameOfReferenceUID, nodules: scene.nodules.map((n) => n.truth),
    },
    scene, dicom,
  };
}

/** Writes the study and its `truth.json`; gives the truth and how many files there are. */
export async function writePhantom(options: WritePhantomOptions): Promise<{ readonly truth: PhantomTruth; readonly files: number }> {
  const { truth, instances } = makePhantomStudy(options);
  await mkdir(options.out, { recursive: true });
  for (const instance of instances) await writeFile(join(options.out, instance.fileName), instance.part10);
  await writeFile(join(options.out, 'truth.json'), `${JSON.stringify(truth, undefined, 2)}\n`);
  return { truth, files: instances.length };
}
