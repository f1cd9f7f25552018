/** The draft that a reading begins with. */
import { patientContextOf } from '../conclusions/patient-context.ts';
import type { PatientContext } from '../conclusions/types.ts';
import type { Dataset } from '../dicom/dataset.ts';
import type { Finding, FindingsDocument } from '../findings/types.ts';
import type { PriorStudy } from './priors.ts';
import type { ReviewDraft, ReviewedFinding } from './types.ts';

export function undecided(finding: Finding): ReviewedFinding {
  return { trackingUID: finding.trackingUID, origin: 'ai', verdict: 'undecided', finding, edited: [] };
}

/** That the archive holds no earlier CT does not mean that there is none. */
function priorOf(priors: readonly Pick<PriorStudy, 'isComparable'>[]): Pick<PatientContext, 'prior'> {
  if (priors.length === 0) return {};
  return { prior: priors.some(({ isComparable }) => isComparable) ? 'available' : 'unavailable' };
}

/** Every finding of the AI, undecided; none where nothing was analysed. `header`: of one image of the study. */
export function freshDraft(header: Dataset, document: FindingsDocument | undefined, priors: readonly Pick<PriorStudy, 'isComparable'>[]): ReviewDraft {
  return {
    findings: document?.status === 'analysed' ? document.findings.map(undecided) : [],
    patient: { ...patientContextOf(header), ...priorOf(priors) },
    impression: '',
    language: 'en',
  };
}
