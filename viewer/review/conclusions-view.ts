import type { Assessment, Conclusions } from '../api/review.ts';
import { language, optional, t } from '../i18n/index.ts';
import { el, type Child } from '../ui/dom.ts';
import { percent } from '../ui/format.ts';

function outcomeText(assessment: Assessment): string {
  return optional(`outcome.${assessment.outcome}`) ?? assessment.outcome;
}

/** Names of inputs without their path: `findings[1].comparison` is `comparison`. */
export function missingOf(conclusions: Conclusions): ReadonlySet<string> {
  const names = [conclusions.lungRads, conclusions.fleischner, ...conclusions.brock]
    .flatMap((assessment) => (assessment === undefined || assessment.outcome === 'not-applicable' ? [] : assessment.missing));
  // The guidelines and the form name some inputs differently.
  const known: Readonly<Record<string, string>> = { comparison: 'prior', risk: 'fleischnerRisk', multiple: 'lungsFullyEvaluated', noduleCount: 'lungsFullyEvaluated' };
  return new Set(names.map((name) => name.split('.').at(-1) ?? name).map((name) => known[name] ?? name));
}

function block(title: string, assessment: Assessment, headline: string): HTMLElement {
  const open = assessment.outcome === 'insufficient-information' || assessment.outcome === 'not-applicable';
  return el('section', { class: open ? 'conclusion conclusion-open' : 'conclusion', data: { guideline: assessment.guideline } },
    el('h3', {}, title), headline !== '' && el('p', { class: 'conclusion-outcome' }, headline),
    assessment.management !== undefined && el('p', {}, assessment.management[language()]),
    assessment.reasons.length > 0 && el('ul', {}, assessment.reasons.map((reason) => el('li', {}, reason.text[language()]))),
    assessment.caveats.length > 0 && el('details', {}, el('summary', {}, t('sign.caveats')), el('ul', {}, assessment.caveats.map((caveat) => el('li', {}, caveat.text[language()])))));
}

/** What the guidelines make of what was accepted, with the reasons. */
export function conclusionsView({ lungRads, fleischner, brock }: Conclusions, names: readonly string[]): Child {
  const category = ['insufficient-information', 'not-applicable', 'not-rated'].includes(lungRads.outcome)
    ? outcomeText(lungRads) : `${lungRads.outcome}${lungRads.modifiers.join('')}`;
  const risks = brock.flatMap((assessment, at) => (assessment.probability === undefined ? [] : [`${names[at] ?? String(at + 1)}: ${percent(assessment.probability)}`]));
  return [
    block(`Lung-RADS ${lungRads.version}`, lungRads, category),
    fleischner !== undefined && block(`Fleischner ${fleischner.version}`, fleischner, fleischner.management === undefined ? outcomeText(fleischner) : ''),
    risks.length > 0 && el('section', { class: 'conclusion' }, el('h3', {}, t('sign.brock')), el('p', {}, risks.join(' · '))),
  ];
}
