/** From stored values to what a screen shows: modality LUT, VOI LUT, presentation (PS3.3 C.11.1, C.11.2, C.7.6.16.2). */
import { item, items, number, text } from '../dicom/access.ts';
import type { DecodedFrame } from '../dicom/codec.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { AppError } from '../errors.ts';

export type WindowFunction = 'linear' | 'linear-exact' | 'sigmoid';

export interface Window {
  readonly center: number;
  readonly width: number;
  readonly function: WindowFunction;
}

/** What a lung is read with, when the header says nothing: HU. */
const lungWindow: Window = { center: -600, width: 1500, function: 'linear' };

/** The functional group of a frame (from 0), shared when it is not the frame's own. */
function functionalGroup(header: Dataset, frameIndex: number, keyword: 'PixelValueTransformationSequence' | 'FrameVOILUTSequence'): Dataset | undefined {
  const own = items(header, 'PerFrameFunctionalGroupsSequence')[frameIndex];
  const shared = item(header, 'SharedFunctionalGroupsSequence');
  return (own === undefined ? undefined : item(own, keyword)) ?? (shared === undefined ? undefined : item(shared, keyword));
}

function isWindowFunction(text: string): text is WindowFunction {
  return text === 'linear' || text === 'linear-exact' || text === 'sigmoid';
}

/** `center,width[,function]` of PS3.18 8.3.5.1.4. Errors: HTTP_BAD_REQUEST. */
export function parseWindow(parameter: string): Window {
  const [center, width, name = 'linear', ...more] = parameter.split(',').map((part) => part.trim());
  const window = { center: Number(center), width: Number(width), function: name.toLowerCase() };
  const minimum = window.function === 'linear' ? 1 : Number.MIN_VALUE;
  if (center === '' || width === '' || width === undefined || more.length > 0 || !Number.isFinite(window.center)
    || !(window.width >= minimum) || !Number.isFinite(window.width) || !isWindowFunction(window.function)) {
    throw new AppError('HTTP_BAD_REQUEST', 'window is CENTER,WIDTH[,linear|linear-exact|sigmoid].');
  }
  return { ...window, function: window.function };
}

function headerWindow(group: Dataset | undefined): Window | undefined {
  if (group === undefined) return undefined;
  const center = number(group, 'WindowCenter');
  const width = number(group, 'WindowWidth');
  if (center === undefined || width === undefined || width < 1) return undefined;
  const name = (text(group, 'VOILUTFunction') ?? 'LINEAR').toLowerCase().replace('_', '-');
  return { center, width, function: isWindowFunction(name) ? name : 'linear' };
}

function fullRange(values: ArrayLike<number>, slope: number, intercept: number): Window {
  let low = Infinity;
  let high = -Infinity;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const ends = [low * slope + intercept, high * slope + intercept];
  const width = Math.max(1, Math.max(...ends) - Math.min(...ends) + 1);
  return { center: Math.min(...ends) + width / 2, width, function: 'linear' };
}

/** The window's curve from a modality value to 0..255 (PS3.3 C.11.2.1.2.1, C.11.2.1.3). */
export function windowCurve(window: Window): (value: number) => number {
  const { center, width } = window;
  switch (window.function) {
    case 'sigmoid': return (value) => 255 / (1 + Math.exp((-4 * (value - center)) / width));
    case 'linear-exact': return (value) => Math.min(255, Math.max(0, ((value - center) / width + 0.5) * 255));
    case 'linear': {
      if (width <= 1) return (value) => (value <= center - 0.5 ? 0 : 255);
      return (value) => Math.min(255, Math.max(0, ((value - (center - 0.5)) / (width - 1) + 0.5) * 255));
    }
  }
}

export interface RenderedFrame {
  readonly rows: number;
  readonly columns: number;
  /** 1 gray or 3 RGB, interleaved. */
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/**
 * A decoded frame as eight-bit gray or colour. `frameIndex` from 0.
 * Errors: HTTP_NOT_ACCEPTABLE for palette colour, which is not rendered here.
 */
export function renderFrame(frame: DecodedFrame, header: Dataset, frameIndex: number, wanted: Window | undefined): RenderedFrame {
  const { rows, columns, samples } = frame;
  if (frame.photometricInterpretation === 'RGB' && frame.samplesPerPixel === 3) {
    const shift = Math.max(0, frame.bitsStored - 8);
    return { rows, columns, channels: 3, pixels: Uint8Array.from(samples, (value) => value >> shift) };
  }
  if (!frame.photometricInterpretation.startsWith('MONOCHROME')) {
    throw new AppError('HTTP_NOT_ACCEPTABLE', 'This kind of colour image cannot be rendered.');
  }
  const rescale = functionalGroup(header, frameIndex, 'PixelValueTransformationSequence') ?? header;
  const slope = number(rescale, 'RescaleSlope') ?? 1;
  const intercept = number(rescale, 'RescaleIntercept') ?? 0;
  const window = wanted ?? headerWindow(functionalGroup(header, frameIndex, 'FrameVOILUTSequence')) ?? headerWindow(header)
    ?? (text(header, 'Modality') === 'CT' ? lungWindow : fullRange(samples, slope, intercept));
  const curve = windowCurve(window);
  const inverted = frame.photometricInterpretation === 'MONOCHROME1';
  const pixels = new Uint8Array(rows * columns);
  for (let index = 0; index < pixels.length; index += 1) {
    const gray = Math.round(curve(samples[index]! * slope + intercept));
    pixels[index] = inverted ? 255 - gray : gray;
  }
  return { rows, columns, channels: 1, pixels };
}
