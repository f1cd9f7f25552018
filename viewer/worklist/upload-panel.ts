import type { UploadedFile, UploadOutcome } from '../api/types.ts';
import { t } from '../i18n/index.ts';
import { el, fill, type Child } from '../ui/dom.ts';
import { describeCode, describeError } from '../ui/errors.ts';
import { integer } from '../ui/format.ts';
import { icon } from '../ui/icons.ts';
import type { Upload, UploadState } from './upload.ts';

const outcomes: readonly UploadOutcome[] = ['stored', 'duplicate', 'conflict', 'skipped', 'failed'];
/** Files that need a look come first; thousands of stored ones need no line each. */
const maxShownFiles = 400;

function titleOf(state: UploadState): string {
  switch (state.phase) {
    case 'reading': return t('upload.reading', { count: integer(state.fileCount) });
    case 'sending': return t('upload.sending', { done: integer(state.answered.length), total: integer(state.fileCount) });
    case 'done': return t('upload.done');
    case 'broken': return t('upload.broken');
    case 'cancelled': return t('upload.cancelled');
    case 'nothing': return t('upload.nothing');
    case 'idle': return '';
  }
}

function counts(files: readonly UploadedFile[]): HTMLElement {
  const of = (outcome: UploadOutcome): number => files.filter((file) => file.outcome === outcome).length;
  return el('ul', { class: 'upload-counts' }, outcomes.filter((outcome) => of(outcome) > 0).map((outcome) => el(
    'li', { class: `outcome outcome-${outcome}` }, t(`upload.count.${outcome}`, { count: integer(of(outcome)) }),
  )));
}

function fileLine(file: UploadedFile): HTMLElement {
  const why = file.code === undefined || file.outcome === 'stored' || file.outcome === 'duplicate' ? undefined : describeCode(file.code, file.message);
  return el(
    'li', { class: `upload-file outcome-${file.outcome}` },
    el('span', { class: 'upload-name' }, file.name),
    el('span', { class: 'upload-outcome' }, t(`upload.${file.outcome}`)),
    why !== undefined && el('span', { class: 'upload-why' }, why),
  );
}

function everyFile(files: readonly UploadedFile[], open: boolean): Child {
  if (files.length === 0) return undefined;
  const order: Readonly<Record<UploadOutcome, number>> = { failed: 0, conflict: 1, skipped: 2, duplicate: 3, stored: 4 };
  const sorted = files.toSorted((a, b) => order[a.outcome] - order[b.outcome]);
  const rest = sorted.length - maxShownFiles;
  return el(
    'details', { attributes: open ? { open: '' } : {} },
    el('summary', {}, t('upload.everyFile')),
    el('ul', { class: 'upload-files' }, sorted.slice(0, maxShownFiles).map(fileLine)),
    rest > 0 && el('p', { class: 'muted' }, t('upload.more', { count: integer(rest) })),
  );
}

/** Progress and the answer for every file, at the foot of the page. */
export function uploadPanel(upload: Upload, openStudy: (studyInstanceUID: string) => void): { readonly element: HTMLElement; readonly stop: () => void } {
  const element = el('aside', { class: 'upload-panel', aria: { label: t('upload.title'), live: 'polite' }, hidden: true });
  const draw = (state: UploadState): void => {
    element.hidden = state.phase === 'idle';
    if (state.phase === 'idle') return;
    const wasOpen = element.querySelector('details')?.open ?? state.answered.some((file) => file.outcome === 'failed' || file.outcome === 'conflict');
    const busy = state.phase === 'sending' || state.phase === 'reading';
    const only = state.studies.length === 1 ? state.studies[0] : undefined;
    fill(
      element,
      el(
        'header', {},
        el('h2', {}, titleOf(state)),
        el('button', {
          type: 'button', class: 'icon-button', aria: { label: busy ? t('upload.stop') : t('app.close') },
          on: { click: () => { if (busy) upload.stop(); else upload.dismiss(); } },
        }, icon('close')),
      ),
      state.phase === 'sending' && el('progress', {
        aria: { label: t('upload.progress') },
        attributes: { max: '1', value: (state.bytesTotal === 0 ? 0 : state.bytesSent / state.bytesTotal).toFixed(3) },
      }),
      state.phase === 'broken' && el('p', { class: 'upload-error', role: 'alert' }, describeError(state.error)),
      state.answered.length > 0 && counts(state.answered),
      everyFile(state.answered, wasOpen),
      only !== undefined && !busy && el('div', { class: 'buttons' },
        el('button', { type: 'button', class: 'button', on: { click: () => { openStudy(only); } } }, t('upload.open'))),
    );
  };
  const stop = upload.state.watch(['phase', 'fileCount', 'bytesSent', 'answered'], draw);
  return { element, stop };
}
