/** Any structured report as a plain tree for display: our own, and what other vendors' systems wrote. */
import { hasValue, item, items, number, numbers, text, texts } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';

export interface SrCode {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

export interface SrReference {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly frames?: readonly number[];
  readonly segments?: readonly number[];
}

/** One content item (PS3.3 C.17.3). Absent parts are left out; nothing is interpreted. */
export interface SrNode {
  readonly relationship?: string;
  readonly valueType: string;
  readonly name?: SrCode;
  /** TEXT, DATE, TIME, DATETIME, UIDREF and PNAME as text. */
  readonly text?: string;
  /** NUM; absent when the measurement has no value. */
  readonly number?: number;
  readonly unit?: SrCode;
  readonly code?: SrCode;
  /** IMAGE, COMPOSITE, WAVEFORM. */
  readonly references?: readonly SrReference[];
  /** SCOORD: column, row pairs from the image's top-left corner. SCOORD3D: x, y, z triples, LPS mm. */
  readonly graphic?: { readonly type: string; readonly data: readonly number[]; readonly frameOfReferenceUID?: string };
  /** Item of the tree that stands here by reference, as positions from the root, from 1. */
  readonly referencedItem?: readonly number[];
  readonly template?: string;
  readonly children: readonly SrNode[];
}

export interface SrDescription {
  readonly title?: SrCode;
  readonly template?: string;
  readonly completionFlag?: string;
  readonly verificationFlag?: string;
  readonly preliminaryFlag?: string;
  readonly contentDate?: string;
  readonly contentTime?: string;
  readonly manufacturer?: string;
  /** Who signed it, newest last, as `name, date and time`. */
  readonly verifiedBy?: readonly string[];
  /** SOP Instance UIDs of the documents that it follows. */
  readonly predecessors?: readonly string[];
  readonly content: SrNode;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The object without its undefined properties. */
function defined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, property]) => property !== undefined)) as Partial<Defined<T>>;
}

function codeOf(sequenceItem: Dataset | undefined): SrCode | undefined {
  if (sequenceItem === undefined) return undefined;
  return {
    value: text(sequenceItem, 'CodeValue') ?? text(sequenceItem, 'LongCodeValue') ?? text(sequenceItem, 'URNCodeValue') ?? '',
    scheme: text(sequenceItem, 'CodingSchemeDesignator') ?? '',
    meaning: text(sequenceItem, 'CodeMeaning') ?? '',
  };
}

function referencesOf(node: Dataset): readonly SrReference[] | undefined {
  const references = items(node, 'ReferencedSOPSequence').map((reference) => ({
    sopClassUID: text(reference, 'ReferencedSOPClassUID') ?? '',
    sopInstanceUID: text(reference, 'ReferencedSOPInstanceUID') ?? '',
    ...defined({ frames: numbers(reference, 'ReferencedFrameNumber'), segments: numbers(reference, 'ReferencedSegmentNumber') }),
  }));
  return references.length === 0 ? undefined : references;
}

const textKeywords = {
  TEXT: 'TextValue', DATE: 'Date', TIME: 'Time', DATETIME: 'DateTime', UIDREF: 'UID', PNAME: 'PersonName',
} as const;

function textOf(node: Dataset, valueType: string): string | undefined {
  if (!Object.hasOwn(textKeywords, valueType)) return undefined;
  return text(node, textKeywords[valueType as keyof typeof textKeywords]);
}

function describeNode(node: Dataset): SrNode {
  const valueType = text(node, 'ValueType') ?? '';
  const measured = valueType === 'NUM' ? item(node, 'MeasuredValueSequence') : undefined;
  const graphicType = text(node, 'GraphicType');
  const template = item(node, 'ContentTemplateSequence');
  return {
    valueType,
    ...defined({
      relationship: text(node, 'RelationshipType'),
      name: codeOf(item(node, 'ConceptNameCodeSequence')),
      text: textOf(node, valueType),
      number: measured === undefined ? undefined : number(measured, 'NumericValue'),
      unit: measured === undefined ? undefined : codeOf(item(measured, 'MeasurementUnitsCodeSequence')),
      code: valueType === 'CODE' ? codeOf(item(node, 'ConceptCodeSequence')) : undefined,
      references: referencesOf(node),
      graphic: graphicType === undefined ? undefined : {
        type: graphicType, data: numbers(node, 'GraphicData') ?? [], ...defined({ frameOfReferenceUID: text(node, 'ReferencedFrameOfReferenceUID') }),
      },
      referencedItem: hasValue(node, 'ReferencedContentItemIdentifier') ? numbers(node, 'ReferencedContentItemIdentifier') : undefined,
      template: template === undefined ? undefined : text(template, 'TemplateIdentifier'),
    }),
    children: items(node, 'ContentSequence').map(describeNode),
  };
}

function nonEmpty<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values;
}

function verification(observer: Dataset): string {
  return [text(observer, 'VerifyingObserverName') ?? '', text(observer, 'VerificationDateTime') ?? ''].filter((part) => part !== '').join(', ');
}

/** Of an item of the Hierarchical SOP Instance Reference Macro. */
function instancesOf(study: Dataset): readonly string[] {
  return items(study, 'ReferencedSeriesSequence')
    .flatMap((series) => items(series, 'ReferencedSOPSequence'))
    .flatMap((reference) => text(reference, 'ReferencedSOPInstanceUID') ?? []);
}

/** True for data sets that have a content tree. */
export function isStructuredReport(dataset: Dataset): boolean {
  return hasValue(dataset, 'ContentSequence') && texts(dataset, 'ValueType')[0] === 'CONTAINER';
}

/** The report's tree with the flags that say how far it can be trusted. Reading is tolerant: no error for odd reports. */
export function describeSr(dataset: Dataset): SrDescription {
  const content = describeNode(dataset);
  return {
    ...defined({
      title: content.name,
      template: content.template,
      completionFlag: text(dataset, 'CompletionFlag'),
      verificationFlag: text(dataset, 'VerificationFlag'),
      preliminaryFlag: text(dataset, 'PreliminaryFlag'),
      contentDate: text(dataset, 'ContentDate'),
      contentTime: text(dataset, 'ContentTime'),
      manufacturer: text(dataset, 'Manufacturer'),
      verifiedBy: nonEmpty(items(dataset, 'VerifyingObserverSequence').map(verification)),
      predecessors: nonEmpty(items(dataset, 'PredecessorDocumentsSequence').flatMap(instancesOf)),
    }),
    content,
  };
}
