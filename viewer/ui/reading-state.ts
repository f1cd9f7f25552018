/** How far a radiologist has come with a study, apart from what the AI made of it. */
import type { WorklistItem } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { el, type Child } from './dom.ts';
import { moment, personName } from './format.ts';
import { icon, type IconName } from './icons.ts';

function badge(kind: string, image: IconName, text: string, detail?: string): Child {
  return [
    el('span', { class: `reading reading-${kind}`, title: detail === undefined ? text : `${text} · ${detail}` }, icon(image, 15), el('span', { class: 'clip' }, text)),
    detail !== undefined && detail !== '' && el('span', { class: 'sub clip' }, detail),
  ];
}

/** To read, in reading by whom, begun, or signed by whom and when. */
export function readingBadge({ review, state }: Pick<WorklistItem, 'review' | 'state'>): Child {
  if (review?.reading !== undefined) return badge('busy', 'lock', t('reading.busy'), personName(review.reading.name));
  switch (review?.state) {
    case 'draft': return badge('draft', 'signed', t('reading.draft'));
    case 'addendum': return badge('draft', 'signed', t('reading.addendum'));
    case 'signed': {
      const by = [review.signedBy === undefined ? '' : personName(review.signedBy), review.signedAt === undefined ? '' : moment(review.signedAt)].filter((part) => part !== '').join(' · ');
      // Somebody should look whether the analysis that came after the signature shows more.
      return review.newerAnalysis === true ? badge('newer', 'warning', t('reading.newer'), by) : badge('signed', 'check', t('reading.signed'), by);
    }
    case 'unread': case undefined: break;
  }
  // Images are still on their way: nobody should begin to read.
  if (state === 'receiving' || state === 'incomplete') return el('span', { class: 'muted' }, t('reading.notYet'));
  return badge('unread', 'open', t('reading.unread'));
}
