import type { Dataset } from '../dicom/dataset.ts';
import type { PhantomDicomOptions, SeriesIdentity } from './dicom-header.ts';
import type { PhantomGrid, PhantomScene } from './types.ts';
import type { Vec3 } from '../volume/types.ts';
import { put } from '../dicom/build.ts';
import { encodePart10 } from '../dicom/encode.ts';
import { commonHeader, identify, kernelNames } from './dicom-header.ts';
import { enhancedInstance } from './dicom-enhanced.ts';
import { positionOf, putPixels, storedPixels } from './dicom-pixels.ts';
import { renderSlices } from './render.ts';
import { sliceThicknessOf } from './scanner.ts';
import { seriesGrid } from './series-geometry.ts';

export interface PhantomInstance {
  readonly fileName: string;
  readonly sopInstanceUID: string;
  readonly part10: Uint8Array;
}

export interface PhantomSeries {
  readonly grid: PhantomGrid;
  readonly identity: SeriesIdentity;
}

/** Geometry and UIDs that `phantomToInstances` gives for the same arguments, without rendering. */
export function describeSeries(scene: PhantomScene, options: PhantomDicomOptions): PhantomSeries {
  const grid = seriesGrid(scene, options);
  return { grid, identity: identify(scene, grid, options) };
}

/**
 * The phantom as DICOM files: CT Image Storage, one per slice, instance 1 at the grid's origin; or one Enhanced
 * CT object. File names count up: `IM0001`.
 */
export function phantomToInstances(scene: PhantomScene, options: PhantomDicomOptions): readonly PhantomInstance[] {
  const { grid, identity } = describeSeries(scene, options);
  const common = commonHeader(scene, identity, options);
  const frames: Uint8Array[] = [];
  renderSlices(scene, grid, options.scanner, (_, image) => frames.push(storedPixels(image, grid)));
  if (options.enhanced === true) {
    const dataset = enhancedInstance(common, scene, grid, identity, options, frames);
    return [{ fileName: 'IM0001', sopInstanceUID: identity.instanceUID(1), part10: encodePart10(dataset) }];
  }
  return frames.map((pixels, k) => ({
    fileName: `IM${String(k + 1).padStart(4, '0')}`, sopInstanceUID: identity.instanceUID(k + 1),
    part10: encodePart10(classicInstance(common, scene, grid, identity, options, k, pixels)),
  }));
}

/** Decimal strings hold 16 characters. */
const direction = (v: Vec3): readonly number[] => v.map((c) => Math.round(c * 1e10) / 1e10);

function classicInstance(
  common: Dataset, scene: PhantomScene, grid: PhantomGrid, identity: SeriesIdentity, options: PhantomDicomOptions, k: number, pixels: Uint8Array,
): Dataset {
  const dataset: Dataset = { ...common };
  const position = positionOf(grid, k);
  put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.2');
  put(dataset, 'SOPInstanceUID', identity.instanceUID(k + 1));
  put(dataset, 'ImageType', 'ORIGINAL', 'PRIMARY', 'AXIAL');
  put(dataset, 'InstanceNumber', k + 1);
  put(dataset, 'AcquisitionNumber', 1);
  put(dataset, 'KVP', 120);
  put(dataset, 'SliceThickness', sliceThicknessOf(grid.spacingMm[2], options.scanner));
  put(dataset, 'SpacingBetweenSlices', grid.spacingMm[2]);
  put(dataset, 'ConvolutionKernel', kernelNames[options.scanner.kernel]);
  put(dataset, 'GantryDetectorTilt', 0);
  put(dataset, 'ReconstructionDiameter', Math.round(grid.columns * grid.spacingMm[0] * 100) / 100);
  if (scene.contrast) put(dataset, 'ContrastBolusAgent', 'Synthetic');
  put(dataset, 'ImagePositionPatient', ...position);
  put(dataset, 'ImageOrientationPatient', ...direction(grid.columnDirection), ...direction(grid.rowDirection));
  put(dataset, 'SliceLocation', Math.round(position.reduce((sum, v, axis) => sum + v * grid.sliceDirection[axis]!, 0) * 10_000) / 10_000);
  putPixels(dataset, grid, pixels);
  put(dataset, 'PixelSpacing', grid.spacingMm[1], grid.spacingMm[0]);
  put(dataset, 'RescaleIntercept', -1024);
  put(dataset, 'RescaleSlope', 1);
  put(dataset, 'RescaleType', 'HU');
  put(dataset, 'WindowCenter', -600);
  put(dataset, 'WindowWidth', 1500);
  return dataset;
}
