import type { NoduleFeatures } from '../api/review.ts';
import { t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';
import { decimal } from '../ui/format.ts';
import { markName, type ListedFinding } from './listed.ts';
import { without } from './without.ts';

const benignPatterns = ['complete-calcification', 'central-calcification', 'popcorn-calcification', 'concentric-calcification', 'fat'] as const;

/** What a reader sees of one nodule beyond its measures; an empty box says nothing, it does not say "no". */
export function featuresForm(listed: ListedFinding, set: (features: NoduleFeatures) => void): HTMLElement {
  const features = listed.reviewed?.features ?? {};
  const answer = (field: 'isSpiculated' | 'isPerifissural'): HTMLElement => {
    const select = el('select', {
      class: 'select', aria: { label: `${markName(listed)}: ${t(`features.${field}`)}` },
      on: { change: () => {
        set(select.value === '' ? without(features, field) : { ...features, [field]: select.value === 'true' });
      } },
    },
    el('option', { attributes: { value: '' } }, t('context.unknown')), el('option', { attributes: { value: 'true' } }, t('app.yes')), el('option', { attributes: { value: 'false' } }, t('app.no')));
    select.value = features[field] === undefined ? '' : String(features[field]);
    return el('label', { class: 'feature' }, el('span', {}, t(`features.${field}`)), select);
  };
  const pattern = el('select', {
    class: 'select', aria: { label: `${markName(listed)}: ${t('features.benignPattern')}` },
    on: { change: () => {
      const chosen = benignPatterns.find((each) => each === pattern.value);
      set(chosen === undefined ? without(features, 'benignPattern') : { ...features, benignPattern: chosen });
    } },
  }, el('option', { attributes: { value: '' } }, t('features.none')), benignPatterns.map((each) => el('option', { attributes: { value: each } }, t(`benign.${each}`))));
  pattern.value = features.benignPattern ?? '';
  return el('div', { class: 'feature-row', data: { mark: listed.label } },
    el('strong', {}, markName(listed)), el('span', { class: 'muted' }, `${decimal(listed.finding.diameterMm, 1)} mm, ${t(`type.${listed.finding.type}`)}`),
    answer('isSpiculated'), answer('isPerifissural'), el('label', { class: 'feature' }, el('span', {}, t('features.benignPattern')), pattern));
}
