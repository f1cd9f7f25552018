/** A data set without who it is about (PS3.15 E.1.1): a pure function of the data set and the context. */
import { number, text } from '../dicom/access.ts';
import { put } from '../dicom/build.ts';
import type { Dataset, DicomElement, DicomValue } from '../dicom/dataset.ts';
import { keywordOf, tag } from '../dicom/tags.ts';
import type { DeidentifyContext } from './context.ts';
import { moveDate, moveDateTime } from './dates.ts';
import { holdsIdentifier, identifiersOf, patientIDOf } from './identifiers.ts';
import { actionFor, isRetained } from './profile-table.ts';

/** Value types of content items that are measured or coded (PS3.3 C.17.3); free words, persons and waveforms are not kept. */
const keptValueTypes: ReadonlySet<string> = new Set(['CONTAINER', 'CODE', 'NUM', 'UIDREF', 'IMAGE', 'COMPOSITE', 'SCOORD', 'SCOORD3D', 'TCOORD', 'DATE', 'TIME', 'DATETIME']);
const ageLimitYears = 90;

interface Work {
  readonly context: DeidentifyContext;
  readonly identifiers: ReadonlySet<string>;
  readonly subject: string;
  readonly shiftDays: number;
}

function strings(element: DicomElement, change: (value: string) => string | undefined): DicomElement {
  const values = (element.Value ?? []).map((value) => (typeof value === 'string' ? change(value) : undefined));
  return values.length > 0 && values.every((value) => value !== undefined) ? { vr: element.vr, Value: values } : { vr: element.vr };
}

/** What a string of these kinds may look like (PS3.5 6.2); anything else is words in the wrong place. */
const forms: Readonly<Record<string, RegExp>> = { CS: /^[A-Z0-9 _]{0,16}$/u, DS: /^[0-9+\-.eE ]{0,16}$/u, IS: /^[0-9+\- ]{0,12}$/u };

/** Values of a term or of a number; one that holds a word of the patient's, or is not of the form of its kind, goes. */
function cleaned(element: DicomElement, { identifiers }: Work): DicomElement | undefined {
  const isSafe = (value: DicomValue): boolean => typeof value !== 'string' || ((forms[element.vr]?.test(value) ?? true) && !holdsIdentifier(value, identifiers));
  if (element.bytes !== undefined) return element;
  return (element.Value ?? []).every(isSafe) ? element : undefined;
}

/** A dummy value of the right kind (PS3.15 Table E.1-1a, D). */
function dummy(tagText: string, { vr }: DicomElement, { subject }: Work): DicomElement {
  const keyword = keywordOf(tagText);
  if (keyword === 'PatientName') return { vr, Value: [{ Alphabetic: subject }] };
  if (keyword === 'PatientID') return { vr, Value: [subject] };
  return { vr, Value: [vr === 'PN' ? { Alphabetic: 'REMOVED' } : 'REMOVED'] };
}

function ageElement(element: DicomElement): DicomElement {
  return strings(element, (value) => {
    const match = /^(\d{3})([DWMY])$/u.exec(value);
    if (match === null) return undefined;
    return match[2] === 'Y' && Number(match[1]) >= ageLimitYears ? `0${ageLimitYears}Y` : value;
  });
}

/** "Nodule 3", without which a measurement group is not valid (PS3.16 TID 1411): the one text that this software itself counts up. */
function isTrackingIdentifier(item: Dataset): boolean {
  return text(item, 'ValueType') === 'TEXT' && /^Nodule \d{1,4}$/u.test(text(item, 'TextValue') ?? '');
}

/** Items of a content tree keep what is coded and measured (Clean Structured Content Option, PS3.15 E.3.4). */
function contentItems(element: DicomElement, work: Work): DicomElement | undefined {
  const items = (element.Value ?? []).filter((value): value is Dataset => value !== null && typeof value === 'object')
    .filter((item) => keptValueTypes.has(text(item, 'ValueType') ?? '') || isTrackingIdentifier(item));
  // Present only with an item (PS3.3 C.17.3.2.4, type 1C).
  if (items.length === 0) return undefined;
  return { vr: 'SQ', Value: items.map((item) => ({ ...elements(item, work), ...(isTrackingIdentifier(item) && { [tag('TextValue')]: item[tag('TextValue')]! }) })) };
}

function sequence(tagText: string, element: DicomElement, work: Work): DicomElement | undefined {
  if (keywordOf(tagText) === 'ContentSequence') return contentItems(element, work);
  return { vr: 'SQ', Value: (element.Value ?? []).map((item) => (item !== null && typeof item === 'object' ? elements(item as Dataset, work) : {})) };
}

function elementFor(tagText: string, element: DicomElement, work: Work): DicomElement | undefined {
  if (isRetained(tagText, work.context.options)) return keywordOf(tagText) === 'PatientAge' ? ageElement(element) : cleaned(element, work);
  switch (actionFor(tagText, element.vr)) {
    case 'X': return undefined;
    case 'Z': return { vr: element.vr };
    case 'D': return dummy(tagText, element, work);
    case 'U': return strings(element, (value) => work.context.uid(value));
    case 'S': return strings(element, (value) => (element.vr === 'DA' ? moveDate(value, work.shiftDays) : moveDateTime(value, work.shiftDays)));
    case 'C': return cleaned(element, work);
    case 'K': return element.vr === 'SQ' ? sequence(tagText, element, work) : element.vr === 'TM' ? strings(element, (value) => (/^[\d.: ]{2,16}$/u.test(value) ? value : undefined)) : cleaned(element, work);
  }
}

function elements(dataset: Dataset, work: Work): Dataset {
  const result: Dataset = {};
  for (const [tagText, element] of Object.entries(dataset)) {
    const changed = elementFor(tagText, element, work);
    if (changed !== undefined) result[tagText] = changed;
  }
  return result;
}

/** Codes of CID 7050 for what was done. */
const methods = {
  basic: ['113100', 'Basic Application Confidentiality Profile'],
  structured: ['113104', 'Clean Structured Content Option'],
  dates: ['113107', 'Retain Longitudinal Temporal Information Modified Dates Option'],
  characteristics: ['113108', 'Retain Patient Characteristics Option'],
} as const;

function methodItem([value, meaning]: readonly [string, string]): Dataset {
  const item: Dataset = {};
  put(item, 'CodeValue', value);
  put(item, 'CodingSchemeDesignator', 'DCM');
  put(item, 'CodeMeaning', meaning);
  return item;
}

/**
 * Removes, replaces and moves, and says so (PS3.3 C.7.1.1, C.12.1.1). Pixels are not looked at: `pictureRefusal` judges
 * whether something may be written in them.
 */
export function deidentifyDataset(dataset: Dataset, context: DeidentifyContext): Dataset {
  const patientID = patientIDOf(dataset);
  const work: Work = { context, identifiers: identifiersOf(dataset), subject: context.subject(patientID), shiftDays: context.shiftDays(patientID) };
  const result = elements(dataset, work);
  // Everything that stays is written in one set of characters.
  if (result[tag('SpecificCharacterSet')] !== undefined) put(result, 'SpecificCharacterSet', 'ISO_IR 192');
  put(result, 'PatientName', work.subject);
  put(result, 'PatientID', work.subject);
  put(result, 'PatientIdentityRemoved', 'YES');
  put(result, 'DeidentificationMethodCodeSequence', ...[methods.basic, methods.structured, methods.dates, ...(context.options.patientCharacteristics ? [methods.characteristics] : [])].map(methodItem));
  put(result, 'LongitudinalTemporalInformationModified', 'MODIFIED');
  return result;
}

/** Why pixels may show who it is about; undefined where nothing speaks for it. A picture that does not say is refused unless it says that it is an original CT. */
export function pictureRefusal(dataset: Dataset): string | undefined {
  if (dataset[tag('Rows')] === undefined && number(dataset, 'NumberOfFrames') === undefined) return undefined;
  if (text(dataset, 'BurnedInAnnotation') === 'YES') return 'burned-in annotation';
  if (text(dataset, 'RecognizableVisualFeatures') === 'YES') return 'recognizable features';
  const modality = text(dataset, 'Modality');
  const [pixels, examination] = (dataset[tag('ImageType')]?.Value ?? []) as readonly string[];
  if (modality === 'SEG') return undefined;
  const isOriginalCT = modality === 'CT' && pixels === 'ORIGINAL' && examination !== 'SECONDARY' && dataset[tag('ConversionType')] === undefined;
  return isOriginalCT || text(dataset, 'BurnedInAnnotation') === 'NO' ? undefined : 'a picture that may have words in it';
}
