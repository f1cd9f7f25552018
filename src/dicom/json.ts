/** The DICOM JSON Model as it goes over the wire (PS3.18 Annex F). */
import { AppError } from '../errors.ts';
import type { Dataset, DicomElement, DicomValue } from './dataset.ts';
import { decodeValue } from './decode-value.ts';
import { isKnownVR, numericSize } from './vr.ts';

export interface JsonOptions {
  /**
   * Where the client may fetch a binary value: the URI, or undefined to put the value inline as base64.
   * `path` is the way to the element, tags and item indices.
   */
  readonly bulkDataURI?: (element: DicomElement, path: readonly (string | number)[]) => string | undefined;
}

/** JSON has no NaN and no infinity; the standard writes them as text. */
function jsonValue(value: DicomValue, options: JsonOptions, path: readonly (string | number)[]): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if ('Alphabetic' in value || 'Ideographic' in value || 'Phonetic' in value) return value;
  return toDicomJson(value as Dataset, options, path);
}

function jsonElement(element: DicomElement, options: JsonOptions, path: readonly (string | number)[]): unknown {
  const { vr } = element;
  if (element.bytes !== undefined && numericSize[vr] === undefined) {
    const uri = options.bulkDataURI?.(element, path);
    return uri === undefined ? { vr, InlineBinary: Buffer.from(element.bytes).toString('base64') } : { vr, BulkDataURI: uri };
  }
  if (element.InlineBinary !== undefined) return { vr, InlineBinary: element.InlineBinary };
  if (element.BulkDataURI !== undefined) return { vr, BulkDataURI: element.BulkDataURI };
  const values = element.bytes === undefined ? element.Value : expandNumbers(element);
  if (values === undefined || values.length === 0) return { vr };
  return { vr, Value: values.map((value, index) => jsonValue(value, options, [...path, index])) };
}

/** Long numeric fields are kept as bytes in memory; see decode-value. */
function expandNumbers(element: DicomElement): readonly DicomValue[] {
  const bytes = element.bytes ?? new Uint8Array(0);
  const values: DicomValue[] = [];
  const step = 64 * 1024;
  for (let at = 0; at < bytes.length; at += step) values.push(...(decodeValue(element.vr, bytes.subarray(at, at + step), true, []).Value ?? []));
  return values;
}

/** Strict DICOM JSON as objects; {@link stringifyDicomJson} writes it. */
export function toDicomJson(dataset: Dataset, options: JsonOptions = {}, path: readonly (string | number)[] = []): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const tag of Object.keys(dataset).sort()) {
    const element = dataset[tag];
    if (element !== undefined) out[tag] = jsonElement(element, options, [...path, tag]);
  }
  return out;
}

function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  // JavaScript puts names that look like array indices first, whatever the order of insertion.
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${text(value[key])}`).join(',')}}`;
}

/** JSON text of what {@link toDicomJson} gives (or an array of it), attributes in ascending order (PS3.18 F.2.2). */
export function stringifyDicomJson(json: Record<string, unknown> | readonly Record<string, unknown>[]): string {
  return text(json);
}

const maximumDepth = 64;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): AppError {
  return new AppError('DICOM_MALFORMED', message);
}

function fromJsonValue(value: unknown, vr: string, depth: number): DicomValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (!isObject(value)) throw malformed('a DICOM JSON value is neither text, number nor object');
  if (vr === 'SQ') return datasetFromJson(value, depth + 1);
  if (vr !== 'PN') throw malformed(`a DICOM JSON value of VR ${vr} is an object`);
  const groups = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;
  return Object.fromEntries(groups.filter((group) => typeof value[group] === 'string').map((group) => [group, String(value[group])]));
}

function elementFromJson(json: unknown, depth: number): DicomElement {
  if (!isObject(json) || typeof json['vr'] !== 'string' || !isKnownVR(json['vr'])) throw malformed('a DICOM JSON attribute has no valid vr');
  const { vr } = json as { readonly vr: string };
  if (typeof json['InlineBinary'] === 'string') return { vr, InlineBinary: json['InlineBinary'], bytes: Buffer.from(json['InlineBinary'], 'base64') };
  if (typeof json['BulkDataURI'] === 'string') return { vr, BulkDataURI: json['BulkDataURI'] };
  const values = json['Value'];
  if (values === undefined) return { vr };
  if (!Array.isArray(values)) throw malformed('a DICOM JSON Value is not an array');
  return values.length === 0 ? { vr } : { vr, Value: values.map((value) => fromJsonValue(value, vr, depth)) };
}

function datasetFromJson(json: unknown, depth: number): Dataset {
  if (!isObject(json)) throw malformed('a DICOM JSON data set is not an object');
  if (depth > maximumDepth) throw malformed('a DICOM JSON data set is nested too deeply');
  const dataset: Dataset = {};
  for (const [tag, element] of Object.entries(json)) {
    if (!/^[0-9A-Fa-f]{8}$/u.test(tag)) throw malformed('a DICOM JSON attribute name is not a tag');
    dataset[tag.toUpperCase()] = elementFromJson(element, depth);
  }
  return dataset;
}

/** Reads DICOM JSON from outside. @throws AppError DICOM_MALFORMED. */
export function fromDicomJson(json: unknown): Dataset {
  return datasetFromJson(json, 0);
}
