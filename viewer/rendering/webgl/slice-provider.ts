/** Our slices as Cornerstone sees them: an image loader and a provider of their metadata under names of their own. */
import { Enums, imageLoader, metaData, utilities, type Types } from '@cornerstonejs/core';
import { numberOf, textOf } from '../../dicom-json.ts';
import { hasPalette } from '../palette.ts';
import type { PixelSource } from '../slice-cache.ts';
import type { SliceImage } from '../slice-images.ts';
import type { SlicePixels } from '../slice-pixels.ts';
import { slices } from '../slices.ts';

const scheme = 'phoi';
const tag = { modality: '00080060', frameOfReference: '00200052', slope: '00281053', intercept: '00281052', samplesPerPixel: '00280002' } as const;

interface Known {
  readonly source: PixelSource;
  readonly image: SliceImage;
}

const known = new Map<string, Known>();

/** Cornerstone's names of what is shown for each of the images. */
export function cornerstoneIds(images: readonly SliceImage[], sources: readonly PixelSource[]): readonly string[] {
  return images.flatMap((image, index) => {
    const source = sources[index];
    if (source === undefined) return [];
    const imageId = `${scheme}:${source.imageId}`;
    known.set(imageId, { source, image });
    return [imageId];
  });
}

export function forgetSources(imageIds: readonly string[]): void {
  for (const imageId of imageIds) known.delete(imageId);
}

function range(values: ArrayLike<number>): readonly [number, number] {
  let [min, max] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max];
}

function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const out = new Uint8Array(rgba.length / 4 * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) out.set(rgba.subarray(from, from + 3), to);
  return out;
}

function cornerstoneImage(imageId: string, { plane }: SliceImage, pixels: SlicePixels): Types.IImage {
  const { rows, columns } = pixels;
  const isGrey = pixels.kind === 'grey';
  const scalarData = isGrey ? pixels.values : withoutAlpha(pixels.rgba);
  const numberOfComponents = isGrey ? 1 : 3;
  const [minPixelValue, maxPixelValue] = range(scalarData);
  return {
    imageId, rows, columns, height: rows, width: columns, color: !isGrey, rgba: false, numberOfComponents,
    columnPixelSpacing: plane?.columnSpacingMm ?? 1, rowPixelSpacing: plane?.rowSpacingMm ?? 1,
    slope: 1, intercept: 0, minPixelValue, maxPixelValue, windowCenter: (minPixelValue + maxPixelValue) / 2, windowWidth: Math.max(1, maxPixelValue - minPixelValue),
    invert: isGrey && pixels.inverted, photometricInterpretation: isGrey ? (pixels.inverted ? 'MONOCHROME1' : 'MONOCHROME2') : 'RGB',
    voiLUTFunction: Enums.VOILUTFunctionType.LINEAR, sizeInBytes: scalarData.byteLength,
    dataType: scalarData instanceof Int16Array ? 'Int16Array' : scalarData instanceof Float32Array ? 'Float32Array' : 'Uint8Array',
    // The values are those of the modality already.
    preScale: { enabled: true, scaled: true, scalingParameters: { rescaleSlope: 1, rescaleIntercept: 0 } },
    getPixelData: () => scalarData,
    getCanvas: () => document.createElement('canvas'),
    voxelManager: utilities.VoxelManager.createImageVoxelManager({ width: columns, height: rows, scalarData, numberOfComponents }),
  };
}

function planeModule({ plane, rows, columns, attributes }: SliceImage): object {
  const common = { rows, columns, frameOfReferenceUID: textOf(attributes, tag.frameOfReference) };
  if (plane === undefined) {
    return {
      ...common, imageOrientationPatient: [1, 0, 0, 0, 1, 0], rowCosines: [1, 0, 0], columnCosines: [0, 1, 0], imagePositionPatient: [0, 0, 0],
      pixelSpacing: [1, 1], rowPixelSpacing: 1, columnPixelSpacing: 1, usingDefaultValues: true,
    };
  }
  return {
    ...common, imageOrientationPatient: [...plane.columnDirection, ...plane.rowDirection], rowCosines: [...plane.columnDirection], columnCosines: [...plane.rowDirection],
    imagePositionPatient: [...plane.position], pixelSpacing: [plane.rowSpacingMm, plane.columnSpacingMm], rowPixelSpacing: plane.rowSpacingMm,
    columnPixelSpacing: plane.columnSpacingMm, usingDefaultValues: false,
  };
}

function moduleOf(type: string, image: SliceImage): object | undefined {
  const { attributes, rows, columns } = image;
  switch (type) {
    case 'imagePlaneModule': return planeModule(image);
    case 'generalSeriesModule': return { modality: textOf(attributes, tag.modality) };
    case 'modalityLutModule': return { rescaleSlope: numberOf(attributes, tag.slope) ?? 1, rescaleIntercept: numberOf(attributes, tag.intercept) ?? 0 };
    case 'imagePixelModule': {
      const isColour = numberOf(attributes, tag.samplesPerPixel) === 3 || hasPalette(attributes);
      // As decoded: signed values of the modality, or bytes of colour.
      const bits = isColour ? 8 : 16;
      return {
        rows, columns, samplesPerPixel: isColour ? 3 : 1, photometricInterpretation: isColour ? 'RGB' : 'MONOCHROME2',
        bitsAllocated: bits, bitsStored: bits, highBit: bits - 1, pixelRepresentation: isColour ? 0 : 1,
      };
    }
    default: return undefined;
  }
}

/** Call it once. */
export function provideSlices(): void {
  imageLoader.registerImageLoader(scheme, (imageId) => {
    const found = known.get(imageId);
    if (found === undefined) throw new Error(`no slice is known as ${imageId}`);
    return { promise: slices.load(found.source).then((pixels) => cornerstoneImage(imageId, found.image, pixels)) };
  });
  metaData.addProvider((type: string, ...queries: readonly unknown[]): unknown => {
    const found = typeof queries[0] === 'string' ? known.get(queries[0]) : undefined;
    return found === undefined ? undefined : moduleOf(type, found.image);
  }, 10_000);
}
