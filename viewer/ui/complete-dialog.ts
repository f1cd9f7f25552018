import { completeNow } from '../api/client.ts';
import type { Reason } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { confirmDialog } from './confirm.ts';
import { el } from './dom.ts';
import { reasonText } from './errors.ts';

/** Says what is missing and what that means, then has the study analysed as it is if the user agrees. */
export async function askAndComplete(study: { readonly studyInstanceUID: string; readonly reasons: readonly Reason[] }): Promise<void> {
  const accepted = await confirmDialog({
    title: t('action.completeTitle'),
    body: [
      el('p', {}, t('action.completeText')),
      study.reasons.length > 0 && el('div', {}, el('h3', {}, t('action.missing')), el('ul', {}, study.reasons.map((reason) => el('li', {}, reasonText(reason))))),
    ],
    accept: t('action.completeNow'),
  });
  if (accepted) await completeNow(study.studyInstanceUID);
}
