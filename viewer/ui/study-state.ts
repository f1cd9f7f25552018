/** How a study's state is worded and coloured: the same on the worklist and in the reader. */
import type { Reason, StudyState } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { el } from './dom.ts';
import { reasonText } from './errors.ts';
import { percent } from './format.ts';
import { icon, type IconName } from './icons.ts';

export const studyStates: readonly StudyState[] = ['receiving', 'incomplete', 'waiting', 'analysing', 'analysed', 'not-analysed', 'failed'];

const icons: Readonly<Record<StudyState, IconName>> = {
  'receiving': 'down',
  'incomplete': 'warning',
  'waiting': 'clock',
  'analysing': 'running',
  'analysed': 'check',
  'not-analysed': 'blocked',
  'failed': 'warning',
};

export interface StateView {
  readonly state: StudyState;
  readonly progress?: { readonly fraction: number };
  readonly reasons: readonly Reason[];
}

/** Why nothing was found out, as "because …"; undefined for states that need no reason. */
export function stateReason(view: StateView): string | undefined {
  const needed = view.state === 'not-analysed' || view.state === 'failed';
  // A job that waits for another try has its reason too.
  if (!needed && view.state !== 'incomplete' && view.state !== 'waiting') return undefined;
  if (view.reasons.length === 0) return needed ? t('state.noReason') : undefined;
  const text = view.reasons.map(reasonText).join(' · ');
  return needed ? t('state.because', { reason: text }) : text;
}

/** Icon, word and, while analysing, the progress. */
export function stateBadge(view: StateView): HTMLElement {
  const fraction = view.state === 'analysing' ? view.progress?.fraction : undefined;
  const shown = fraction === undefined ? undefined : percent(fraction);
  return el(
    'div', { class: `state state-${view.state}` },
    el('span', { class: 'state-label' }, icon(icons[view.state]), t(`state.${view.state}`), shown !== undefined && el('span', { class: 'state-percent' }, shown)),
    fraction !== undefined && el('progress', { attributes: { max: '1', value: fraction.toFixed(3) }, aria: { label: t('state.analysing') } }),
  );
}
