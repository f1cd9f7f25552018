import { RequestError } from '../api/problem.ts';
import { language, optional, t } from '../i18n/index.ts';
import type { Reason } from '../api/types.ts';
import { PixelFormatError } from '../rendering/slice-pixels.ts';

/** A code of the server in the reader's language; codes without a text of ours are shown with what the server said. */
export function describeCode(code: string, message?: string): string {
  const known = optional(`error.${code}`);
  if (known !== undefined) return known;
  return message === undefined || message === '' ? t('error.other', { code }) : `${message} (${code})`;
}

/** What went wrong and what to do, as one sentence. */
export function describeError(error: unknown): string {
  if (error instanceof RequestError) {
    const text = describeCode(error.code, error.message);
    return error.requestId === undefined || error.status < 500 ? text : `${text} ${t('app.request', { id: error.requestId })}`;
  }
  if (error instanceof PixelFormatError) return `${t('error.PIXEL_FORMAT')} (${error.message})`;
  return t('error.other', { code: error instanceof Error ? error.message : String(error) });
}

/** The reason in the reader's language. */
export function reasonText(reason: Reason): string {
  return reason.text[language()];
}
