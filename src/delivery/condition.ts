/**
 * Conditions of routing rules: declared in the settings, checked when the service starts, judged without running
 * anything of theirs. Within one condition everything that is given must hold.
 */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { DeepReadonly } from '../deep-readonly.ts';
import { texts } from '../dicom/access.ts';
import type { Dataset } from '../dicom/dataset.ts';
import { isKeyword, keywordOf, type Keyword } from '../dicom/tags.ts';

const strict = { additionalProperties: false, minProperties: 1 };
const list = <Item extends TSchema>(item: Item) => Type.Array(item, { minItems: 1 });

/** Inclusive bounds. */
const bounds = Type.Object({ atLeast: Type.Optional(Type.Number()), atMost: Type.Optional(Type.Number()) }, strict);

const attributeCondition = Type.Object({
  /** Keyword of PS3.6, or a tag of eight hexadecimal digits, of the patient, study, series or image. */
  name: Type.String({ pattern: '^([A-Za-z][A-Za-z0-9]*|[0-9A-Fa-f]{8})$' }),
  /** One of them, upper and lower case distinguished. */
  equals: Type.Optional(list(Type.String())),
  /** One of the patterns: `*` any run of characters, `?` any one; upper and lower case are the same. */
  matches: Type.Optional(list(Type.String())),
  /** As numbers; dates as YYYYMMDD. */
  atLeast: Type.Optional(Type.Number()),
  atMost: Type.Optional(Type.Number()),
  present: Type.Optional(Type.Boolean()),
}, { additionalProperties: false, minProperties: 2 });

const findingsCondition = Type.Object({
  status: Type.Optional(Type.Union([Type.Literal('analysed'), Type.Literal('not-analysed')])),
  /** Of the findings that the other bounds here leave. Never true of a study that was not analysed. */
  count: Type.Optional(bounds),
  /** There is a finding of such a diameter, mm. */
  diameterMm: Type.Optional(bounds),
  /** There is a finding of such a type. */
  types: Type.Optional(list(Type.Union([Type.Literal('solid'), Type.Literal('part-solid'), Type.Literal('ground-glass'), Type.Literal('calcified')]))),
}, strict);

export const conditionSchema = Type.Recursive((condition) => Type.Object({
  attributes: Type.Optional(list(attributeCondition)),
  /** One of the AE titles that sent the images. */
  sendingAE: Type.Optional(list(Type.String({ minLength: 1, maxLength: 16 }))),
  findings: Type.Optional(findingsCondition),
  priority: Type.Optional(Type.Union([Type.Literal('stat'), Type.Literal('routine')])),
  all: Type.Optional(list(condition)),
  any: Type.Optional(list(condition)),
  not: Type.Optional(condition),
}, strict), { $id: 'Condition' });

type AttributeCondition = Static<typeof attributeCondition>;
type FindingsCondition = Static<typeof findingsCondition>;

export interface Condition {
  readonly attributes?: readonly DeepReadonly<AttributeCondition>[];
  readonly sendingAE?: readonly string[];
  readonly findings?: DeepReadonly<FindingsCondition>;
  readonly priority?: 'stat' | 'routine';
  readonly all?: readonly Condition[];
  readonly any?: readonly Condition[];
  readonly not?: Condition;
}

/** What is known of a study when its objects are routed. */
export interface RoutingFacts {
  /** One header of each series that counts: of the analysed series alone when there is one, else of every received one. */
  readonly headers: readonly Dataset[];
  readonly sendingAETitles: readonly string[];
  readonly priority: 'stat' | 'routine';
  /** Absent: nothing was analysed. Never an empty list in its place. */
  readonly findings?: readonly { readonly diameterMm: number; readonly type: string }[];
}

/** The name of an attribute that does not exist, or undefined. */
export function unknownAttribute(condition: Condition): string | undefined {
  const own = condition.attributes?.find(({ name }) => keywordFor(name) === undefined);
  if (own !== undefined) return own.name;
  for (const inner of [...condition.all ?? [], ...condition.any ?? [], ...(condition.not === undefined ? [] : [condition.not])]) {
    const found = unknownAttribute(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function keywordFor(name: string): Keyword | undefined {
  if (isKeyword(name)) return name;
  return /^[0-9A-Fa-f]{8}$/u.test(name) ? keywordOf(name.toUpperCase()) : undefined;
}

/** `*` any run of characters, `?` any one; case does not matter. Linear in the text for every pattern. */
export function matchesPattern(text: string, pattern: string): boolean {
  const characters = Array.from(text.normalize('NFC').toLowerCase());
  const keys = Array.from(pattern.normalize('NFC').toLowerCase());
  let [at, key, star, resume] = [0, 0, -1, 0];
  while (at < characters.length) {
    if (keys[key] === '*') {
      star = key;
      key += 1;
      resume = at;
    } else if (key < keys.length && (keys[key] === '?' || keys[key] === characters[at])) {
      key += 1;
      at += 1;
    } else if (star >= 0) {
      key = star + 1;
      resume += 1;
      at = resume;
    } else return false;
  }
  while (keys[key] === '*') key += 1;
  return key === keys.length;
}

function isWithin(value: number, { atLeast, atMost }: { readonly atLeast?: number | undefined; readonly atMost?: number | undefined }): boolean {
  return !Number.isNaN(value) && (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
}

function holdsInHeader(condition: DeepReadonly<AttributeCondition>, header: Dataset): boolean {
  const keyword = keywordFor(condition.name);
  const values = keyword === undefined ? [] : texts(header, keyword).map((value) => value.trim()).filter((value) => value !== '');
  if (condition.present === false) return values.length === 0;
  return values.some((value) =>
    (condition.equals === undefined || condition.equals.includes(value))
    && (condition.matches === undefined || condition.matches.some((pattern) => matchesPattern(value, pattern)))
    && ((condition.atLeast === undefined && condition.atMost === undefined) || isWithin(Number(value), condition)));
}

function holdsOfFindings(condition: DeepReadonly<FindingsCondition>, findings: RoutingFacts['findings']): boolean {
  if (condition.status === 'not-analysed') return findings === undefined && condition.count === undefined && condition.diameterMm === undefined && condition.types === undefined;
  // What was not analysed has no count, not even zero.
  if (findings === undefined) return false;
  const { count, diameterMm, types } = condition;
  const left = findings.filter((finding) =>
    (diameterMm === undefined || isWithin(finding.diameterMm, diameterMm)) && (types === undefined || (types as readonly string[]).includes(finding.type)));
  if (count !== undefined) return isWithin(left.length, count);
  return diameterMm === undefined && types === undefined ? true : left.length > 0;
}

/** Whether the condition is true of the study. Conditions on attributes hold together in one series. */
export function holds(condition: Condition, facts: RoutingFacts): boolean {
  const { attributes, sendingAE, findings, priority, all, any, not } = condition;
  return (attributes === undefined || facts.headers.some((header) => attributes.every((attribute) => holdsInHeader(attribute, header))))
    && (sendingAE === undefined || facts.sendingAETitles.some((title) => sendingAE.includes(title)))
    && (findings === undefined || holdsOfFindings(findings, facts.findings))
    && (priority === undefined || facts.priority === priority)
    && (all === undefined || all.every((inner) => holds(inner, facts)))
    && (any === undefined || any.some((inner) => holds(inner, facts)))
    && (not === undefined || !holds(not, facts));
}
