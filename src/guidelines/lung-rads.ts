/**
 * ACR Lung-RADS v2022 (November 2022), for low-dose CT of lung cancer screening only.
 *
 * Decision support by a published table, not medical advice; a radiologist decides. Written from memory; the size
 * thresholds, growth (> 1.5 mm in 12 months), the rule that size crossings without growth are reclassified by size and
 * the reasons for category 0 were cross-checked with public copies. From memory alone: airway and cyst sub-rules, the
 * date from which intervals count, and how step-down treats an early or 4B examination.
 *
 * Order: benign pattern, juxtapleural, airway, cyst, type by comparison, step-down, X, S. Category 0 is the reader's;
 * it is only proposed.
 */
import { decisionSupport, given, missingInput, reason } from './answer.ts';
import { rateAirway, rateCyst } from './lung-rads-airway-cyst.ts';
import { rateGroundGlass, ratePartSolid, rateSolid } from './lung-rads-nodules.ts';
import { lacking, type Rating } from './lung-rads-rating.ts';
import { stepDown } from './lung-rads-step-down.ts';
import { managementOf } from './lung-rads-table.ts';
import type { Comparison, LungRadsAssessment, LungRadsFinding, SuspiciousFeature } from './lung-rads-types.ts';
import type { LocalText } from './types.ts';

export type * from './lung-rads-types.ts';

export const lungRadsFrame = { guideline: 'Lung-RADS', version: 'v2022' } as const;

const featureText: Readonly<Record<SuspiciousFeature, LocalText>> = {
  spiculation: { en: 'spiculation', vi: 'bờ tua gai' },
  lymphadenopathy: { en: 'lymphadenopathy', vi: 'hạch to' },
  metastasis: { en: 'frank metastases', vi: 'di căn rõ' },
  'ground-glass-doubled-in-a-year': { en: 'ground-glass nodule that doubled in size in a year', vi: 'nốt kính mờ tăng gấp đôi trong một năm' },
};

/**
 * The category of one finding of a screening examination. Whether the examination is one is for
 * `assessLungRadsExam` to ask. A measurement that is absent or not positive gives `insufficient-information`.
 */
export function assessLungRadsFinding(finding: LungRadsFinding): LungRadsAssessment {
  const rating = finding.comparison === 'unknown' ? rateUncompared(finding) : rate(finding);
  const { outcome } = rating;
  const noPrior = finding.comparison === 'prior-unavailable'
    ? [reason('prior-unavailable', 'The earlier examination was not available: rated as baseline. Compare when it is found.', 'Không có ảnh chụp cũ: xếp như lần chụp đầu. Cần so sánh khi tìm được ảnh cũ.')]
    : [];
  return {
    ...lungRadsFrame, ...rating,
    inputs: [...given('kind', finding.kind), ...given('comparison', finding.comparison), ...rating.inputs],
    caveats: [...noPrior, ...rating.caveats, decisionSupport],
    ...outcome === 'insufficient-information' || outcome === 'not-rated' ? {} : { management: managementOf[outcome] },
  };
}

function rate(finding: LungRadsFinding): Rating {
  return withFeatures(stepDown(rateKind(finding), finding), finding.suspiciousFeatures ?? []);
}

const comparisons: readonly Comparison[] = ['baseline', 'new', 'growing', 'slow-growing', 'stable'];

/** A category where every comparison gives the same one; otherwise none, and what it would be at baseline. */
function rateUncompared(finding: LungRadsFinding): Rating {
  const compared = (comparison: Comparison): Rating => rate({ ...finding, comparison } as LungRadsFinding);
  const bySize = compared('baseline');
  if (bySize.outcome === 'insufficient-information') return { ...bySize, missing: [...bySize.missing, 'comparison'], reasons: [...bySize.reasons, missingInput('comparison')] };
  const possible = finding.kind === 'airway' || finding.kind === 'cyst' ? comparisons.filter((comparison) => comparison !== 'slow-growing') : comparisons;
  if (possible.every((comparison) => compared(comparison).outcome === bySize.outcome)) return bySize;
  return {
    ...bySize, outcome: 'insufficient-information', reasons: [missingInput('comparison')], missing: [...bySize.missing, 'comparison'],
    caveats: [
      reason('at-baseline', `Without an earlier examination it would be category ${bySize.outcome}.`, `Nếu không có lần chụp trước thì thuộc nhóm ${bySize.outcome}.`),
      ...bySize.caveats,
    ],
  };
}

function rateKind(finding: LungRadsFinding): Rating {
  switch (finding.kind) {
    case 'solid': return rateSolid(finding);
    case 'part-solid': return ratePartSolid(finding);
    case 'ground-glass': return rateGroundGlass(finding);
    case 'airway': return rateAirway(finding);
    case 'cyst': return rateCyst(finding);
    case 'unknown': return lacking(['kind']);
  }
}

/** 4X: category 3 or 4 with features that raise suspicion. On a lower category they are said, without changing it. */
function withFeatures(rating: Rating, features: readonly SuspiciousFeature[]): Rating {
  if (features.length === 0) return rating;
  const en = features.map((feature) => featureText[feature].en).join(', ');
  const vi = features.map((feature) => featureText[feature].vi).join(', ');
  const inputs = [...rating.inputs, ...given('suspiciousFeatures', features.join(', '))];
  if (isSuspicious(rating.outcome)) {
    return { ...rating, inputs, outcome: '4X', reasons: [...rating.reasons, reason('suspicious-features', `Category ${rating.outcome} with ${en}: 4X.`, `Nhóm ${rating.outcome} kèm ${vi}: 4X.`)] };
  }
  const caveat = reason('features-without-category', `There is ${en}, but 4X is defined for categories 3 and 4 only.`, `Có ${vi}, nhưng 4X chỉ áp dụng cho nhóm 3 và 4.`);
  return { ...rating, inputs, caveats: [caveat, ...rating.caveats] };
}

function isSuspicious(outcome: Rating['outcome']): boolean {
  return outcome === '3' || outcome === '4A' || outcome === '4B' || outcome === '4X';
}
