import { rejectReasons } from './reject-reasons.ts';
import type { RejectReason } from '../api/review.ts';
import { t } from '../i18n/index.ts';
import { el } from '../ui/dom.ts';

/** Why the finding is none, by one digit; undefined when the question is dismissed. */
export function askRejectReason(mark: string): Promise<RejectReason | undefined> {
  return new Promise((resolve) => {
    let chosen: RejectReason | undefined;
    const choose = (reason: RejectReason | undefined): void => {
      chosen = reason;
      dialog.close();
    };
    const buttons = rejectReasons.map((reason, at) => el('button', {
      type: 'button', class: 'choice', aria: { keyshortcuts: String((at + 1) % 10) }, on: { click: () => { choose(reason); } },
    }, el('kbd', { aria: { hidden: true } }, (at + 1) % 10), t(`reject.${reason}`)));
    const dialog = el(
      'dialog', { class: 'dialog dialog-side', aria: { label: t('reject.title', { mark }) } },
      el('h2', {}, t('reject.title', { mark })), el('div', { class: 'choices' }, buttons), el('p', { class: 'muted' }, t('reject.hint')),
    );
    dialog.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const digit = /^[0-9]$/.test(event.key) ? Number(event.key) : undefined;
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (digit !== undefined) choose(rejectReasons[(digit + 9) % 10]);
      else if (step !== 0) {
        const focused = buttons.findIndex((button) => button === document.activeElement);
        buttons[(focused + step + buttons.length) % buttons.length]?.focus();
      } else return;
      event.preventDefault();
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
