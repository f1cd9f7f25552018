/** Content items of a structured report (PS3.3 C.17.3), one function per value type. */
import { put } from '../dicom/build.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { codeItem } from './codes.ts';
import type { CodedConcept } from './codes.ts';

export type Relationship = 'CONTAINS' | 'HAS CONCEPT MOD' | 'HAS OBS CONTEXT' | 'HAS ACQ CONTEXT' | 'INFERRED FROM' | 'SELECTED FROM' | 'HAS PROPERTIES';

export interface SopReference {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  /** 1-based, only for multi-frame images. */
  readonly frameNumber?: number;
  readonly segmentNumber?: number;
}

function contentItem(relationship: Relationship, valueType: string, name: CodedConcept | undefined, children: readonly Dataset[]): Dataset {
  const item: Dataset = {};
  put(item, 'RelationshipType', relationship);
  put(item, 'ValueType', valueType);
  if (name !== undefined) put(item, 'ConceptNameCodeSequence', codeItem(name));
  if (children.length > 0) put(item, 'ContentSequence', ...children);
  return item;
}

/** Marks a container as the expansion of a template of PS3.16. */
export function putTemplate(item: Dataset, templateIdentifier: string): void {
  const template: Dataset = {};
  put(template, 'MappingResource', 'DCMR');
  put(template, 'MappingResourceUID', '1.2.840.10008.8.1.1');
  put(template, 'TemplateIdentifier', templateIdentifier);
  put(item, 'ContentTemplateSequence', template);
}

export function container(relationship: Relationship, name: CodedConcept, children: readonly Dataset[], templateIdentifier?: string): Dataset {
  const item = contentItem(relationship, 'CONTAINER', name, children);
  put(item, 'ContinuityOfContent', 'SEPARATE');
  if (templateIdentifier !== undefined) putTemplate(item, templateIdentifier);
  return item;
}

export function code(relationship: Relationship, name: CodedConcept, value: CodedConcept, children: readonly Dataset[] = []): Dataset {
  const item = contentItem(relationship, 'CODE', name, children);
  put(item, 'ConceptCodeSequence', codeItem(value));
  return item;
}

export function textItem(relationship: Relationship, name: CodedConcept, value: string, children: readonly Dataset[] = []): Dataset {
  const item = contentItem(relationship, 'TEXT', name, children);
  // Parts of a sentence may come from the images' own text, which may hold anything.
  put(item, 'TextValue', value.replace(/[^\P{Cc}\r\n\t]/gu, ' ').trim() || '-');
  return item;
}

export function uidReference(relationship: Relationship, name: CodedConcept, uid: string): Dataset {
  const item = contentItem(relationship, 'UIDREF', name, []);
  put(item, 'UID', uid);
  return item;
}

/** `name` in its one-string form (PS3.5 6.2.1). */
export function personItem(relationship: Relationship, name: CodedConcept, value: string): Dataset {
  const item = contentItem(relationship, 'PNAME', name, []);
  put(item, 'PersonName', value);
  return item;
}

export function dateItem(relationship: Relationship, name: CodedConcept, value: string): Dataset {
  const item = contentItem(relationship, 'DATE', name, []);
  put(item, 'Date', value);
  return item;
}

export function timeItem(relationship: Relationship, name: CodedConcept, value: string): Dataset {
  const item = contentItem(relationship, 'TIME', name, []);
  put(item, 'Time', value);
  return item;
}

/** A number with its unit, rounded to two decimals: more would claim a precision that no measurement has. */
export function num(relationship: Relationship, name: CodedConcept, value: number, unit: CodedConcept, children: readonly Dataset[] = []): Dataset {
  return exactNum(relationship, name, Math.round(value * 100) / 100, unit, children);
}

/** A number that was not measured but copied, such as a spacing: over many pixels a rounded one leads astray. */
export function exactNum(relationship: Relationship, name: CodedConcept, value: number, unit: CodedConcept, children: readonly Dataset[] = []): Dataset {
  const item = contentItem(relationship, 'NUM', name, children);
  const measured: Dataset = {};
  put(measured, 'NumericValue', value);
  put(measured, 'MeasurementUnitsCodeSequence', codeItem(unit));
  put(item, 'MeasuredValueSequence', measured);
  return item;
}

/** The item of a ReferencedSOPSequence. */
export function sopItem(reference: SopReference): Dataset {
  const item: Dataset = {};
  put(item, 'ReferencedSOPClassUID', reference.sopClassUID);
  put(item, 'ReferencedSOPInstanceUID', reference.sopInstanceUID);
  if (reference.frameNumber !== undefined) put(item, 'ReferencedFrameNumber', reference.frameNumber);
  if (reference.segmentNumber !== undefined) put(item, 'ReferencedSegmentNumber', reference.segmentNumber);
  return item;
}

export function image(relationship: Relationship, name: CodedConcept | undefined, reference: SopReference): Dataset {
  const item = contentItem(relationship, 'IMAGE', name, []);
  put(item, 'ReferencedSOPSequence', sopItem(reference));
  return item;
}

/** An object without pixels: a report, a presentation state (PS3.3 C.17.3.2.4). */
export function composite(relationship: Relationship, name: CodedConcept | undefined, reference: SopReference): Dataset {
  const item = contentItem(relationship, 'COMPOSITE', name, []);
  put(item, 'ReferencedSOPSequence', sopItem(reference));
  return item;
}

export type GraphicType = 'POINT' | 'POLYLINE';

/**
 * Coordinates on an image. `columnRow` is a flat list with (0,0) at the CENTRE of the top-left pixel; the standard
 * counts from that pixel's top-left corner (PS3.3 C.18.6.1.1), half a pixel further.
 */
export function scoord(relationship: Relationship, name: CodedConcept, graphicType: GraphicType, columnRow: readonly number[], on: SopReference): Dataset {
  const item = contentItem(relationship, 'SCOORD', name, [image('SELECTED FROM', undefined, on)]);
  put(item, 'GraphicType', graphicType);
  put(item, 'GraphicData', ...columnRow.map((value) => value + 0.5));
  return item;
}

/** As {@link scoord}, on an image that stands elsewhere in the tree: `place` is its position at each level, from the root's 1 (PS3.3 C.17.3.2.5). */
export function referredScoord(relationship: Relationship, name: CodedConcept, graphicType: GraphicType, columnRow: readonly number[], place: readonly number[]): Dataset {
  const selected: Dataset = {};
  put(selected, 'RelationshipType', 'SELECTED FROM');
  put(selected, 'ReferencedContentItemIdentifier', ...place);
  const item = contentItem(relationship, 'SCOORD', name, [selected]);
  put(item, 'GraphicType', graphicType);
  put(item, 'GraphicData', ...columnRow.map((value) => value + 0.5));
  return item;
}

/** Coordinates in the patient: LPS mm of the frame of reference (PS3.3 C.18.9). */
export function scoord3d(relationship: Relationship, name: CodedConcept, graphicType: GraphicType, xyz: readonly number[], frameOfReferenceUID: string): Dataset {
  const item = contentItem(relationship, 'SCOORD3D', name, []);
  put(item, 'GraphicType', graphicType);
  put(item, 'GraphicData', ...xyz);
  put(item, 'ReferencedFrameOfReferenceUID', frameOfReferenceUID);
  return item;
}
