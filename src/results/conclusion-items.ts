/**
 * What the guidelines conclude, as content items: the outcome as a code, what it rests on and why as its properties.
 * They stand among the qualitative evaluations (TID 1500), those of one nodule in its measurement group (TID 1411).
 */
import { fieldText } from '../conclusions/field-text.ts';
import type { Conclusions } from '../conclusions/types.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { BrockAssessment } from '../guidelines/brock.ts';
import type { LungRadsAssessment } from '../guidelines/lung-rads-types.ts';
import type { Assessment, GuidelineInput, LocalText } from '../guidelines/types.ts';
import { type CodedConcept, other, sct } from './codes.ts';
import { conclusionCodes as codes, fleischnerCodes, lungRadsCodes, noAnswerCodes } from './conclusion-codes.ts';
import { code, num, textItem } from './content-item.ts';

/** Both languages in one item: one fact, told apart by the slash. */
function both({ en, vi }: LocalText): string {
  return en === vi ? en : `${en} / ${vi}`;
}

function inputText({ name, value, unit, source }: GuidelineInput): string {
  const shown = typeof value === 'number' ? String(Math.round(value * 100) / 100) : String(value);
  return `${name} = ${shown}${unit === 'none' || unit === '1' ? '' : ` ${unit}`} (${source ?? 'given'})`;
}

/** Version, recommendation, reasons, inputs, what is missing and what limits the answer. */
function properties({ guideline, version, management, reasons, inputs, missing, caveats }: Assessment): readonly Dataset[] {
  const property = (name: CodedConcept, value: string): Dataset => textItem('HAS PROPERTIES', name, value);
  return [
    property(codes.guidelineVersion, `${guideline} ${version}`),
    ...(management === undefined ? [] : [property(codes.recommendation, both(management))]),
    // A missing input has an item of its own, with its name in words.
    ...reasons.filter(({ code: reason }) => !reason.startsWith('missing-')).map(({ text }) => property(codes.reason, both(text))),
    ...inputs.map((input) => property(codes.input, inputText(input))),
    ...missing.map((name) => property(codes.missing, both(fieldText(name)))),
    ...caveats.map(({ text }) => property(codes.caveat, both(text))),
  ];
}

function lungRadsCode({ outcome }: LungRadsAssessment): CodedConcept {
  return outcome === 'insufficient-information' || outcome === 'not-applicable' ? noAnswerCodes[outcome] : lungRadsCodes[outcome];
}

/** Of the examination. */
export function examinationItems({ lungRads, fleischner }: Conclusions): readonly Dataset[] {
  const modifiers = lungRads.modifiers.map(() => code('HAS PROPERTIES', codes.lungRadsModifier, codes.significantFinding));
  const proposals = lungRads.categoryZeroProposals.map(({ text }) => textItem('HAS PROPERTIES', codes.caveat, both(text)));
  return [
    code('CONTAINS', codes.lungRads, lungRadsCode(lungRads), [...properties(lungRads), ...modifiers, ...proposals]),
    ...(fleischner === undefined ? [] : [code(
      'CONTAINS', codes.fleischner,
      fleischner.outcome === 'insufficient-information' || fleischner.outcome === 'not-applicable' ? noAnswerCodes[fleischner.outcome] : fleischnerCodes[fleischner.outcome],
      properties(fleischner),
    )]),
  ];
}

function brockItem(brock: BrockAssessment): Dataset {
  if (brock.probability === undefined) {
    const outcome = brock.outcome === 'not-applicable' ? 'not-applicable' : 'insufficient-information';
    return code('CONTAINS', codes.brock, noAnswerCodes[outcome], properties(brock));
  }
  // To 0.1 %: no model is more certain than that.
  return num('CONTAINS', codes.probabilityOfCancer, Math.round(brock.probability * 1000) / 10, other.percent, [
    code('HAS CONCEPT MOD', sct.measurementMethod, codes.brock), ...properties(brock),
  ]);
}

/** That a radiologist decides stands beside the conclusions of the examination; not with each nodule again. */
function ofNodule<T extends Assessment>(assessment: T): T {
  return { ...assessment, caveats: assessment.caveats.filter(({ code: caveat }) => caveat !== 'decision-support') };
}

/** Of the nodule at `index`: its category where it has one, and the Brock risk where it can be estimated. */
export function noduleItems({ lungRads, brock }: Conclusions, index: number): readonly Dataset[] {
  // Outside screening there is no category, and whether this is screening must be known.
  const isRated = lungRads.outcome !== 'not-applicable' && !lungRads.missing.includes('isScreening');
  const category = isRated ? lungRads.findings[index] : undefined;
  const risk = brock[index];
  const hasCategory = category !== undefined && category.outcome !== 'insufficient-information';
  return [
    ...(hasCategory ? [code('CONTAINS', codes.lungRads, lungRadsCode(category), properties(ofNodule(category)))] : []),
    ...(risk === undefined || risk.outcome === 'not-applicable' ? [] : [brockItem(ofNodule(risk))]),
  ];
}
