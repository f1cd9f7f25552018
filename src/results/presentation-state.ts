/**
 * The grayscale presentation state (PS3.3 A.33.1): the findings' outlines and names over the images, lung window. One
 * state has one rescale for all its images (C.11.1), so that images that differ in theirs get states of their own.
 */
import { item, number, text } from '../dicom/access.ts';
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Finding } from '../findings/types.ts';
import { copiedModules, momentFor, putOwnModules, short } from './common-modules.ts';
import { sopItem } from './content-item.ts';
import type { SopReference } from './content-item.ts';
import type { ResultIdentity } from './identity.ts';
import type { Rescale, ResultInput, ResultObject } from './input.ts';
import { sourceSeries } from './references.ts';
import { encodeCIELab } from './segment.ts';
import { writeObject } from './write.ts';

export const grayscalePresentationState = '1.2.840.10008.5.1.4.1.1.11.1';
const layer = 'AI NODULES';
const lungWindow = { centre: -600, width: 1500 };

interface ImageMarks {
  readonly image: SopReference;
  readonly polygons: (readonly number[])[];
  readonly labels: { readonly text: string; readonly columnRow: readonly [number, number] }[];
}

/** Right of the outline's rightmost point, level with it. */
function labelPoint(polygon: readonly number[]): readonly [number, number] {
  let [column = 0, row = 0] = polygon;
  for (let at = 2; at + 1 < polygon.length; at += 2) {
    if ((polygon[at] ?? 0) > column) [column, row] = [polygon[at] ?? 0, polygon[at + 1] ?? 0];
  }
  return [column + 3, row];
}

/** Outlines by image; the name stands on the key image of its finding only. */
function marksByImage(input: ResultInput): readonly ImageMarks[] {
  const classOf = new Map(input.sourceHeaders.references.map(({ sopInstanceUID, sopClassUID }) => [sopInstanceUID, sopClassUID]));
  const marks = new Map<string, ImageMarks>();
  for (const finding of input.findings.findings) {
    for (const { sopInstanceUID, frameNumber, polygons } of finding.outlines) {
      const sopClassUID = classOf.get(sopInstanceUID);
      const usable = polygons.filter((polygon) => polygon.length >= 6);
      if (sopClassUID === undefined || usable.length === 0) continue;
      const key = `${sopInstanceUID}#${frameNumber ?? 0}`;
      const entry = marks.get(key) ?? { image: { sopInstanceUID, sopClassUID, ...(frameNumber === undefined ? {} : { frameNumber }) }, polygons: [], labels: [] };
      marks.set(key, entry);
      entry.polygons.push(...usable);
      if (isKeyImage(finding, sopInstanceUID, frameNumber)) entry.labels.push({ text: label(finding), columnRow: labelPoint(usable[0] ?? []) });
    }
  }
  return [...marks.values()];
}

function isKeyImage(finding: Finding, sopInstanceUID: string, frameNumber: number | undefined): boolean {
  return finding.sliceInstanceUID === sopInstanceUID && finding.sliceFrameNumber === frameNumber;
}

function label(finding: Finding): string {
  return `${finding.trackingIdentifier} ${finding.diameterMm.toFixed(1)} mm (AI, not verified)`;
}

function closed(polygon: readonly number[]): readonly number[] {
  const [column = 0, row = 0] = polygon;
  // From pixel centres to the corner-based coordinates of the standard (PS3.3 C.10.5.1.2).
  return [...polygon, column, row].map((value) => value + 0.5);
}

function annotation({ image, polygons, labels }: ImageMarks): Dataset {
  const dataset: Dataset = {};
  put(dataset, 'ReferencedImageSequence', sopItem(image));
  put(dataset, 'GraphicLayer', layer);
  put(dataset, 'GraphicObjectSequence', ...polygons.map((polygon) => {
    const graphic: Dataset = {};
    const points = closed(polygon);
    put(graphic, 'GraphicAnnotationUnits', 'PIXEL');
    put(graphic, 'GraphicDimensions', 2);
    put(graphic, 'NumberOfGraphicPoints', points.length / 2);
    put(graphic, 'GraphicData', ...points);
    put(graphic, 'GraphicType', 'POLYLINE');
    put(graphic, 'GraphicFilled', 'N');
    return graphic;
  }));
  if (labels.length > 0) {
    put(dataset, 'TextObjectSequence', ...labels.map(({ text: value, columnRow }) => {
      const object: Dataset = {};
      put(object, 'AnchorPointAnnotationUnits', 'PIXEL');
      put(object, 'UnformattedTextValue', short(value));
      put(object, 'AnchorPoint', ...columnRow.map((coordinate) => coordinate + 0.5));
      put(object, 'AnchorPointVisibility', 'N');
      return object;
    }));
  }
  return dataset;
}

/** Rescale of a classic image, or of the first frame of an enhanced one. */
export function rescaleOf(header: Dataset): Rescale {
  const groups = [item(header, 'SharedFunctionalGroupsSequence'), item(header, 'PerFrameFunctionalGroupsSequence')];
  const transformation = groups.map((group) => (group === undefined ? undefined : item(group, 'PixelValueTransformationSequence'))).find((found) => found !== undefined);
  const from = transformation ?? header;
  return { slope: number(from, 'RescaleSlope') ?? 1, intercept: number(from, 'RescaleIntercept') ?? 0 };
}

function putDisplay(dataset: Dataset, input: ResultInput, images: readonly SopReference[], { slope, intercept }: Rescale): void {
  const { header } = input.sourceHeaders;
  const geometry = input.volume?.geometry;
  const area: Dataset = {};
  put(area, 'DisplayedAreaTopLeftHandCorner', 1, 1);
  put(area, 'DisplayedAreaBottomRightHandCorner', geometry?.columns ?? number(header, 'Columns') ?? 1, geometry?.rows ?? number(header, 'Rows') ?? 1);
  put(area, 'PresentationSizeMode', 'SCALE TO FIT');
  if (geometry === undefined) put(area, 'PresentationPixelAspectRatio', 1, 1);
  else put(area, 'PresentationPixelSpacing', geometry.spacingMm[1], geometry.spacingMm[0]);
  put(dataset, 'DisplayedAreaSelectionSequence', area);
  put(dataset, 'RescaleIntercept', intercept);
  put(dataset, 'RescaleSlope', slope);
  put(dataset, 'RescaleType', 'HU');
  const window: Dataset = {};
  put(window, 'ReferencedImageSequence', ...images.map(sopItem));
  put(window, 'WindowCenter', lungWindow.centre);
  put(window, 'WindowWidth', lungWindow.width);
  put(window, 'WindowCenterWidthExplanation', 'LUNG');
  put(dataset, 'SoftcopyVOILUTSequence', window);
  put(dataset, 'PresentationLUTShape', text(header, 'PhotometricInterpretation') === 'MONOCHROME1' ? 'INVERSE' : 'IDENTITY');
}

function putLayer(dataset: Dataset): void {
  const graphicLayer: Dataset = {};
  put(graphicLayer, 'GraphicLayer', layer);
  put(graphicLayer, 'GraphicLayerOrder', 1);
  put(graphicLayer, 'GraphicLayerRecommendedDisplayGrayscaleValue', 65_535);
  put(graphicLayer, 'GraphicLayerRecommendedDisplayCIELabValue', ...encodeCIELab([75, 24, 78]));
  put(graphicLayer, 'GraphicLayerDescription', 'Found by AI, not verified');
  put(dataset, 'GraphicLayerSequence', graphicLayer);
}

export interface PresentationState {
  readonly object: ResultObject;
  /** SOP Instance UIDs. */
  readonly images: ReadonlySet<string>;
}

/** One for each rescale of the images; none when no finding has an outline. */
export function buildPresentationStates(input: ResultInput, identity: ResultIdentity): readonly PresentationState[] {
  const series = sourceSeries(input);
  if (series === undefined) return [];
  const ofHeader = rescaleOf(input.sourceHeaders.header);
  const rescales = new Map(input.sourceHeaders.references.map(({ sopInstanceUID, rescale }) => [sopInstanceUID, rescale ?? ofHeader]));
  const groups = Map.groupBy(marksByImage(input), ({ image }) => {
    const { slope, intercept } = rescales.get(image.sopInstanceUID) ?? ofHeader;
    return `${slope} ${intercept}`;
  });
  return [...groups.values()].map((marks, at) => ({
    object: buildState(input, identity, marks, rescales.get(marks[0]!.image.sopInstanceUID) ?? ofHeader, series.seriesInstanceUID, at + 1),
    images: new Set(marks.map(({ image }) => image.sopInstanceUID)),
  }));
}

function buildState(input: ResultInput, identity: ResultIdentity, marks: readonly ImageMarks[], rescale: Rescale, seriesInstanceUID: string, instanceNumber: number): ResultObject {
  const { header } = input.sourceHeaders;
  const moment = momentFor(header, identity.createdAt);
  const own: Dataset = {};
  const sopInstanceUID = identity.uid(instanceNumber === 1 ? 'pr' : `pr-${instanceNumber}`);
  putOwnModules(own, input, {
    sopClassUID: grayscalePresentationState, sopInstanceUID, seriesInstanceUID: identity.uid('pr-series'),
    seriesNumber: 9003, seriesDescription: 'AI lung nodules, outlines', modality: 'PR', instanceNumber,
  }, moment);
  put(own, 'BodyPartExamined', 'CHEST');
  put(own, 'ContentLabel', 'LUNG_NODULES');
  put(own, 'ContentDescription', 'Lung nodules found by AI, not verified');
  put(own, 'ContentCreatorName', 'Phoi^AI');
  put(own, 'PresentationCreationDate', moment.date);
  put(own, 'PresentationCreationTime', moment.time);
  const images = uniqueInstances(marks.map(({ image }) => image));
  const referenced: Dataset = {};
  put(referenced, 'SeriesInstanceUID', seriesInstanceUID);
  put(referenced, 'ReferencedImageSequence', ...images.map(sopItem));
  put(own, 'ReferencedSeriesSequence', referenced);
  putDisplay(own, input, images, rescale);
  put(own, 'GraphicAnnotationSequence', ...marks.map(annotation));
  putLayer(own);
  return { role: 'pr', sopInstanceUID, sopClassUID: grayscalePresentationState, part10: writeObject(copiedModules(header), own) };
}

/** One reference for each image; frames of one image are told apart in the annotations. */
function uniqueInstances(images: readonly SopReference[]): readonly SopReference[] {
  return [...new Map(images.map(({ sopInstanceUID, sopClassUID }) => [sopInstanceUID, { sopInstanceUID, sopClassUID }])).values()];
}
