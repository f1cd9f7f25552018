/** A finding as a small picture for a row of the worklist: the slice around it in the lung window, with its outline. */
import sharp from 'sharp';
import { item, items, numbers } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Keyword } from '../dicom/tags.ts';
import type { RenderedFrame, Window } from '../dicomweb/window.ts';
import type { Finding, FindingOutline } from '../findings/types.ts';

export const thumbnailWindow: Window = { center: -600, width: 1500, function: 'linear' };
export const thumbnailSide = 96;
/** Shown around the finding at least, mm; more around large ones. */
const leastFieldMm = 36;
const fieldDiameters = 2.5;
const unknownSpacingMm = 0.7;
const outlineColour = '#f5a623';

/** The outline on the image where the axes were measured; undefined where there is none. */
export function keyOutline({ outlines, sliceInstanceUID, sliceFrameNumber }: Pick<Finding, 'outlines' | 'sliceInstanceUID' | 'sliceFrameNumber'>): FindingOutline | undefined {
  return outlines.find(({ sopInstanceUID, frameNumber, polygons }) => sopInstanceUID === sliceInstanceUID && frameNumber === sliceFrameNumber && polygons.length > 0);
}

type Place = Pick<Finding, 'sliceInstanceUID' | 'sliceFrameNumber' | 'worldPoint'>;

/** A macro of the frame's functional groups, its own before what all frames share (PS3.3 C.7.6.16); the image itself where it has none. */
function macro(header: Dataset, keyword: Keyword, frameNumber = 1): Dataset {
  const own = items(header, 'PerFrameFunctionalGroupsSequence')[frameNumber - 1];
  const shared = item(header, 'SharedFunctionalGroupsSequence');
  return item(own ?? {}, keyword) ?? item(shared ?? {}, keyword) ?? header;
}

/** Column and row of the finding on the image of its axes; undefined where the image does not say where it lies. */
function pixelOf(header: Dataset, { worldPoint, sliceFrameNumber }: Place): readonly [column: number, row: number] | undefined {
  const position = numbers(macro(header, 'PlanePositionSequence', sliceFrameNumber), 'ImagePositionPatient');
  const orientation = numbers(macro(header, 'PlaneOrientationSequence', sliceFrameNumber), 'ImageOrientationPatient');
  if (position?.length !== 3 || orientation?.length !== 6) return undefined;
  const [rowMm, columnMm] = spacingOf(header);
  const along = (from: 0 | 3): number => worldPoint.reduce((sum, at, axis) => sum + (at - (position[axis] ?? 0)) * (orientation[from + axis] ?? 0), 0);
  return [along(0) / columnMm, along(3) / rowMm];
}

/** mm between rows and between columns. */
function spacingOf(header: Dataset): readonly [number, number] {
  const shared = item(item(header, 'SharedFunctionalGroupsSequence') ?? {}, 'PixelMeasuresSequence');
  const [row, column] = numbers(header, 'PixelSpacing') ?? numbers(shared ?? {}, 'PixelSpacing') ?? [];
  return [row !== undefined && row > 0 ? row : unknownSpacingMm, column !== undefined && column > 0 ? column : unknownSpacingMm];
}

function middleOf(polygons: FindingOutline['polygons'], from: 0 | 1): number {
  const values = polygons.flatMap((polygon) => polygon.filter((_, at) => at % 2 === from));
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return (low + high) / 2;
}

/**
 * PNG, `thumbnailSide` square; without the ring where the finding has no outline, and undefined where it has none and
 * the image does not say where it lies. Beyond the image's edge it is black, so that the finding is always in the
 * middle.
 */
export async function drawThumbnail(frame: RenderedFrame, header: Dataset, finding: Place & Pick<Finding, 'longAxisMm'>, outline: FindingOutline | undefined): Promise<Buffer | undefined> {
  const polygons = outline?.polygons ?? [];
  const middle = outline === undefined ? pixelOf(header, finding) : [middleOf(polygons, 0), middleOf(polygons, 1)] as const;
  if (middle === undefined) return undefined;
  const [rowMm, columnMm] = spacingOf(header);
  const fieldMm = Math.max(leastFieldMm, fieldDiameters * finding.longAxisMm);
  const [width, height] = [Math.max(4, Math.round(fieldMm / columnMm)), Math.max(4, Math.round(fieldMm / rowMm))];
  // Pixel centres are whole numbers: half a pixel to the corner.
  const left = Math.round(middle[0] + 0.5 - width / 2);
  const top = Math.round(middle[1] + 0.5 - height / 2);
  const cut = {
    left: Math.min(Math.max(0, left), frame.columns - 1), top: Math.min(Math.max(0, top), frame.rows - 1),
    right: Math.max(1, Math.min(frame.columns, left + width)), bottom: Math.max(1, Math.min(frame.rows, top + height)),
  };
  const crop = await sharp(frame.pixels, { raw: { width: frame.columns, height: frame.rows, channels: frame.channels } })
    .extract({ left: cut.left, top: cut.top, width: Math.max(1, cut.right - cut.left), height: Math.max(1, cut.bottom - cut.top) })
    .toColourspace('srgb').png().toBuffer();
  const field = await sharp({ create: { width, height, channels: 3, background: '#000000' } })
    .composite([{ input: crop, left: cut.left - left, top: cut.top - top }]).png().toBuffer();
  const points = (polygon: readonly number[]): string => polygon.map((value, at) => (at % 2 === 0
    ? ((value + 0.5 - left) / width) * thumbnailSide
    : ((value + 0.5 - top) / height) * thumbnailSide).toFixed(2)).join(' ');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${thumbnailSide}" height="${thumbnailSide}">${
    polygons.map((polygon) => `<polygon points="${points(polygon)}" fill="none" stroke="${outlineColour}" stroke-width="1.5"/>`).join('')}</svg>`;
  const scaled = await sharp(field).resize(thumbnailSide, thumbnailSide, { fit: 'fill', kernel: 'cubic' }).png().toBuffer();
  return sharp(scaled).composite([{ input: Buffer.from(svg) }]).png({ compressionLevel: 9 }).toBuffer();
}
