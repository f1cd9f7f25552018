/** The query of QIDO-RS (PS3.18 8.3.4): attributes by keyword or tag, paging, and which attributes come back. */
import type { Dataset, DicomElement } from '../dicom/dataset.ts';
import { isKeyword, tag } from '../dicom/tags.ts';
import { AppError } from '../errors.ts';
import type { QidoQuery } from '../index/port.ts';
import { jsonCharacterSet } from './metadata.ts';

export type QidoLevel = 'study' | 'series' | 'instance';

export interface ParsedQuery {
  readonly query: QidoQuery;
  /** Tags to add to the standard's answer, or everything that is known. */
  readonly include: ReadonlySet<string> | 'all';
}

const notAttributes = new Set(['includefield', 'limit', 'offset', 'fuzzymatching', 'accept', 'charset', 'emptyvaluematching', 'multiplevaluematching']);
const tagPattern = /^[0-9a-fA-F]{8}$/;

/** The tag of a keyword or of eight hexadecimal digits. */
function tagOf(name: string): string {
  if (tagPattern.test(name)) return name.toUpperCase();
  if (isKeyword(name)) return tag(name);
  throw new AppError('HTTP_BAD_REQUEST', 'A query parameter is neither a DICOM keyword nor a tag of eight hexadecimal digits.');
}

/** Tags joined by dots: `RequestAttributesSequence.ScheduledProcedureStepID` goes into the sequence (PS3.18 8.3.4.1). */
function pathOf(name: string): string {
  return name.split('.').map(tagOf).join('.');
}

function wholeNumber(value: string, name: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new AppError('HTTP_BAD_REQUEST', `${name} is not a whole number.`);
  return Number(value);
}

/** Reads the query string; `fixed` holds the UIDs of the path, which win. Errors: HTTP_BAD_REQUEST. */
export function parseQuery(parameters: URLSearchParams, fixed: Readonly<Record<string, string>>, maxResults: number): ParsedQuery {
  const match: Record<string, string> = {};
  const include = new Set<string>();
  let all = false;
  let limit = maxResults;
  let offset = 0;
  let fuzzyMatching = false;
  for (const [name, value] of parameters) {
    const lower = name.toLowerCase();
    if (lower === 'limit') limit = wholeNumber(value, 'limit');
    else if (lower === 'offset') offset = wholeNumber(value, 'offset');
    else if (lower === 'fuzzymatching') fuzzyMatching = value.toLowerCase() === 'true';
    else if (lower === 'includefield') {
      for (const field of value.split(',').filter((text) => text !== '')) {
        if (field.toLowerCase() === 'all') all = true;
        // A dotted path names an attribute within a sequence; the sequence comes whole.
        else include.add(pathOf(field).slice(0, 8));
      }
    } else if (!notAttributes.has(lower)) {
      const path = pathOf(name);
      // An empty value is universal matching (PS3.4 C.2.2.2.3): it only asks for the attribute.
      if (value !== '') match[path] = value;
      include.add(path.slice(0, 8));
    }
  }
  return {
    query: { match: { ...match, ...fixed }, fuzzyMatching, limit: Math.min(limit, maxResults), offset },
    include: all ? 'all' : include,
  };
}

const studyTags = ['00080020', '00080030', '00080050', '00080054', '00080056', '00080061', '00080062', '00080090', '00081030', '00081190',
  '00080201', '00100010', '00100020', '00100030', '00100040', '0020000D', '00200010', '00201206', '00201208'];
const seriesTags = ['00080060', '0008103E', '00081190', '0020000E', '00200011', '00201209', '00400244', '00400245', '00400275', '0020000D', '00080201'];
const instanceTags = ['00080016', '00080018', '00080056', '00081190', '0020000D', '0020000E', '00200013', '00280008', '00280010', '00280011', '00280100', '00080201'];

/** The attributes that PS3.18 Tables 10.6.3-3 to 10.6.3-5 ask for, by level of the answer. */
const answerTags: Readonly<Record<QidoLevel, ReadonlySet<string>>> = {
  study: new Set(studyTags),
  series: new Set(seriesTags),
  instance: new Set(instanceTags),
};

/**
 * The answer of one match: the level's attributes and those of the levels that the path left open, what was asked for,
 * and RetrieveURL.
 */
export function shapeMatch(match: Dataset, level: QidoLevel, above: readonly QidoLevel[], include: ParsedQuery['include'], retrieveUrl: string): Dataset {
  const shaped: [string, DicomElement][] = Object.entries(match).filter(([tagText]) => tagText !== tag('SpecificCharacterSet') && (
    include === 'all' || include.has(tagText)
    || answerTags[level].has(tagText) || above.some((one) => answerTags[one].has(tagText))));
  shaped.push([tag('SpecificCharacterSet'), jsonCharacterSet]);
  shaped.push([tag('RetrieveURL'), { vr: 'UR', Value: [retrieveUrl] }]);
  shaped.push([tag('InstanceAvailability'), { vr: 'CS', Value: ['ONLINE'] }]);
  return Object.fromEntries(shaped.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
