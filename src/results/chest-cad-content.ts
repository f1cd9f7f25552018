/** The content tree of the Chest CAD SR: TID 4100 (PS3.16) with findings on their key images. */
import type { Dataset } from '../dicom/dataset.ts';
import { noteText, statesAttenuation, statesVolume } from '../findings/notes.ts';
import type { Finding } from '../findings/types.ts';
import { worldToIndex } from '../volume/geometry.ts';
import { dcm, noduleTypeCodes, other, phoi, sct } from './codes.ts';
import { manufacturer } from './common-modules.ts';
import { code, container, image, num, referredScoord, textItem, uidReference, type SopReference } from './content-item.ts';
import type { ResultInput } from './input.ts';
import { keySlice, largestPolygon } from './key-slice.ts';
import { siteItem } from './measurement-groups.ts';
import { deviceObserver } from './sr-content.ts';
import { summary } from './summary-text.ts';

const keyOf = ({ sopInstanceUID, frameNumber }: SopReference): string => `${sopInstanceUID}#${frameNumber ?? 0}`;

/** The images that were read; of multi-frame ones also each frame that a finding lies on. */
function libraryImages(input: ResultInput): readonly SopReference[] {
  const frames = input.findings.findings.map((finding) => keySlice(input, finding)).filter((reference) => reference?.frameNumber !== undefined);
  const all = [...input.sourceHeaders.references.map(({ sopClassUID, sopInstanceUID }): SopReference => ({ sopClassUID, sopInstanceUID })), ...frames.flatMap((reference) => reference ?? [])];
  return [...new Map(all.map((reference) => [keyOf(reference), reference])).values()];
}

/** TID 4019. */
function algorithm({ findings: { model, operatingPoint } }: ResultInput): readonly Dataset[] {
  return [
    textItem('HAS PROPERTIES', dcm.algorithmName, `${manufacturer} ${model.id}`),
    textItem('HAS PROPERTIES', dcm.algorithmVersion, model.version),
    textItem('HAS PROPERTIES', dcm.algorithmParameters, `operating point ${operatingPoint}; model sha256 ${model.sha256}`),
  ];
}

/** Place of an image in the tree: position among the children at each level, from the root's 1 (PS3.3 C.17.3.2.5). */
type Place = (reference: SopReference) => readonly number[] | undefined;

/** TID 4107: centre and outline on the key image. */
function geometryItems(input: ResultInput, finding: Finding, placeOf: Place): readonly Dataset[] {
  const on = keySlice(input, finding);
  const place = on === undefined ? undefined : placeOf(on);
  const geometry = input.volume?.geometry;
  if (place === undefined || geometry === undefined) return [];
  const polygon = largestPolygon(finding);
  const [column = 0, row = 0] = polygon ?? [];
  return [
    referredScoord('HAS PROPERTIES', dcm.centre, 'POINT', worldToIndex(geometry, finding.worldPoint).slice(0, 2), place),
    ...(polygon === undefined ? [] : [referredScoord('HAS PROPERTIES', dcm.outline, 'POLYLINE', [...polygon, column, row], place)]),
  ];
}

/** TID 4104. */
function findingItem(input: ResultInput, finding: Finding, placeOf: Place): Dataset {
  const mm = other.millimetre;
  return code('CONTAINS', dcm.singleImageFinding, dcm.abnormalOpacity, [
    code('HAS CONCEPT MOD', dcm.singleImageFindingModifier, sct.nodule),
    textItem('HAS PROPERTIES', dcm.trackingIdentifier, finding.trackingIdentifier),
    uidReference('HAS PROPERTIES', dcm.trackingUniqueIdentifier, finding.trackingUID),
    ...algorithm(input),
    num('HAS PROPERTIES', dcm.certaintyOfFinding, finding.probability * 100, other.percent),
    ...geometryItems(input, finding, placeOf),
    siteItem(finding, [], sct.findingSite, 'HAS PROPERTIES'),
    code('HAS PROPERTIES', phoi.composition, noduleTypeCodes[finding.type]),
    num('HAS PROPERTIES', sct.diameter, finding.diameterMm, mm, [code('HAS CONCEPT MOD', dcm.derivation, sct.mean)]),
    num('HAS PROPERTIES', sct.longAxis, finding.longAxisMm, mm),
    num('HAS PROPERTIES', sct.shortAxis, finding.shortAxisMm, mm),
    ...(finding.solidDiameterMm === undefined ? [] : [num('HAS PROPERTIES', phoi.solidDiameter, finding.solidDiameterMm, mm)]),
    ...(statesVolume(finding) ? [num('HAS PROPERTIES', sct.volume, finding.volumeMm3, other.cubicMillimetre, [code('HAS CONCEPT MOD', sct.measurementMethod, dcm.sumOfSegmentedVoxels)])] : []),
    ...(statesAttenuation(finding) ? [num('HAS PROPERTIES', dcm.attenuationCoefficient, finding.meanHU, other.hounsfield, [code('HAS CONCEPT MOD', dcm.derivation, sct.mean)])] : []),
    ...(finding.notes ?? []).map(noteText).map(({ en, vi }) => textItem('HAS PROPERTIES', phoi.limitation, en === vi ? en : `${en} / ${vi}`)),
  ]);
}

/** Reason, limitations and sentences; properties of the summary, for the root may contain no text, and a text no language (PS3.3 A.35.7.3.1.2). */
function words(input: ResultInput): readonly Dataset[] {
  const { status, reason, warnings } = input.findings;
  const sentences = summary(input.findings, input.conclusions);
  return [
    ...(status === 'not-analysed' && reason !== undefined ? [textItem('HAS PROPERTIES', phoi.reasonNotAnalysed, reason.text.en)] : []),
    ...warnings.map((warning) => textItem('HAS PROPERTIES', phoi.limitation, warning.text.en)),
    textItem('HAS PROPERTIES', dcm.summary, sentences.en),
    textItem('HAS PROPERTIES', dcm.summary, sentences.vi),
  ];
}

/** TID 4101: did the algorithms run, and what did they find. */
function summaryItem(input: ResultInput, placeOf: Place): Dataset {
  const { status, findings } = input.findings;
  const outcome = status === 'not-analysed' ? dcm.noneSucceeded : findings.length === 0 ? dcm.allSucceededWithoutFindings : dcm.allSucceededWithFindings;
  return code('CONTAINS', dcm.cadSummary, outcome, [
    ...findings.map((finding) => container('INFERRED FROM', dcm.individualImpression, [
      code('HAS CONCEPT MOD', dcm.renderingIntent, dcm.presentationRequired),
      findingItem(input, finding, placeOf),
    ])),
    ...words(input),
  ]);
}

/** The children of the root container. */
export function chestCadContent(input: ResultInput): readonly Dataset[] {
  const done = input.findings.status === 'analysed';
  const context = [code('HAS CONCEPT MOD', dcm.language, other.english), ...deviceObserver(input)];
  const images = libraryImages(input);
  const order = new Map(images.map((reference, n) => [keyOf(reference), n + 1]));
  const placeOf: Place = (reference) => {
    const at = order.get(keyOf(reference));
    return at === undefined ? undefined : [1, context.length + 1, at];
  };
  const seriesInstanceUID = input.findings.seriesInstanceUID;
  const performed = code('CONTAINS', dcm.detectionPerformed, sct.nodule, [
    ...algorithm(input), ...(seriesInstanceUID === undefined ? [] : [uidReference('HAS PROPERTIES', dcm.seriesInstanceUID, seriesInstanceUID)]),
  ]);
  return [
    ...context,
    container('CONTAINS', dcm.imageLibrary, images.map((reference) => image('CONTAINS', undefined, reference))),
    summaryItem(input, placeOf),
    code('CONTAINS', dcm.summaryOfDetections, done ? dcm.succeeded : dcm.notAttempted, done ? [container('INFERRED FROM', dcm.successfulDetections, [performed])] : []),
    code('CONTAINS', dcm.summaryOfAnalyses, dcm.notAttempted),
  ];
}
