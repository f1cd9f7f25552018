/**
 * The guidelines applied to the findings of one examination. Decision support by published tables, not medical
 * advice and not a certified medical device; a radiologist decides. Pure: the same input gives the same answers.
 */
import { assessBrock, type BrockAssessment } from '../guidelines/brock.ts';
import { decisionSupport, reason } from '../guidelines/answer.ts';
import { defined } from './defined.ts';
import { concludeFleischner, countedNodules, countNotConfirmed, isInUpperLobe } from './fleischner-nodule.ts';
import type { ConcludedFinding, ConclusionInput } from './input.ts';
import { concludeLungRads } from './lung-rads-findings.ts';
import { measurementCaveats } from './measured-size.ts';
import type { Conclusions } from './types.ts';

export type { ConcludedFinding, ConclusionInput } from './input.ts';

/** Model 2b where a reader stated whether the nodule is spiculated, else 2a. The detection score enters nothing. */
function concludeBrock(finding: ConcludedFinding, input: ConclusionInput): BrockAssessment {
  const { patient } = input;
  const features = input.features?.get(finding.trackingUID);
  if (features?.benignPattern !== undefined) {
    return {
      guideline: 'Brock', version: 'PanCan full model (2013)', outcome: 'not-applicable', inputs: [], missing: [], caveats: [decisionSupport],
      reasons: [reason('benign-pattern', 'The nodule has a benign pattern; the model is for nodules of unknown nature.', 'Nốt có dạng lành tính; mô hình chỉ dùng cho nốt chưa rõ bản chất.')],
    };
  }
  const answer = assessBrock(defined({
    ageYears: patient.ageYears, sex: patient.sex, hasFamilyHistoryOfLungCancer: patient.hasFamilyHistoryOfLungCancer, hasEmphysema: patient.hasEmphysema,
    maxAxialDiameterMm: finding.longAxisMm, kind: finding.type === 'calcified' ? 'solid' as const : finding.type,
    isInUpperLobe: isInUpperLobe(finding), noduleCount: countedNodules(input), hasSpiculation: features?.isSpiculated,
  }));
  return { ...answer, caveats: [...measurementCaveats(finding), ...(patient.lungsFullyEvaluated === true ? [] : [countNotConfirmed]), ...answer.caveats] };
}

/**
 * Lung-RADS v2022 of the examination, Fleischner 2017 of the most suspicious nodule (absent without nodules), and
 * the Brock risk of each nodule. What is not known stays unknown: the answers are then `insufficient-information`
 * and name the fields (of `PatientContext`, or of finding n as `findings[n].name`). Category 1 is given only where
 * a reader stated that both lungs were evaluated.
 */
export function conclude(input: ConclusionInput): Conclusions {
  const fleischner = concludeFleischner(input);
  return {
    lungRads: concludeLungRads(input),
    ...(fleischner === undefined ? {} : { fleischner }),
    brock: input.findings.map((finding) => concludeBrock(finding, input)),
  };
}
