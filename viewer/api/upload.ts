import { problemFrom, RequestError } from './problem.ts';
import type { UploadAnswer } from './types.ts';

/**
 * Sends files as one multipart request. XMLHttpRequest, because fetch tells nothing about bytes sent.
 * Rejects with a {@link RequestError}; code `CANCELLED` after `signal` aborts.
 */
export function sendFiles(
  files: readonly { readonly path: string; readonly file: File }[],
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<UploadAnswer> {
  const form = new FormData();
  for (const { path, file } of files) form.append('files', file, path);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/api/v1/uploads');
    request.setRequestHeader('Accept', 'application/json');
    request.upload.addEventListener('progress', (event) => { onSent(event.loaded); });
    request.addEventListener('load', () => {
      if (request.status < 200 || request.status >= 300) reject(problemFrom(request.status, request.responseText));
      else resolve(JSON.parse(request.responseText) as UploadAnswer);
    });
    request.addEventListener('error', () => { reject(new RequestError('NETWORK', 0, '')); });
    request.addEventListener('abort', () => { reject(new RequestError('CANCELLED', 0, '')); });
    signal.addEventListener('abort', () => { request.abort(); }, { once: true });
    request.send(form);
  });
}
