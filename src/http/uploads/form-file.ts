/** File fields of multipart/form-data (RFC 7578), in the order in which they arrive. */
import { parseMediaType } from '../../dicomweb/media-type.ts';
import { parseMultipart } from '../../dicomweb/multipart.ts';
import { AppError } from '../../errors.ts';

export interface FormFile {
  /** As the browser sends it, folders included. */
  readonly name: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Browsers write quotes and line breaks as %22, %0D and %0A and everything else as UTF-8 (HTML 4.10.21.8). */
export function fileNameOf(contentDisposition: string | undefined): string | undefined {
  const match = /;\s*filename="((?:\\"|[^"])*)"/i.exec(contentDisposition ?? '') ?? /;\s*filename=([^;\s]+)/i.exec(contentDisposition ?? '');
  if (match === null) return undefined;
  return Buffer.from(match[1]!, 'latin1').toString('utf8').replace(/\\"|%22/g, '"').replace(/%0D|%0A/gi, ' ');
}

/** Errors: HTTP_UNSUPPORTED_MEDIA_TYPE, and those of `parseMultipart`. Fields that are no files are passed over. */
export async function* formFiles(contentType: string | undefined, body: AsyncIterable<Uint8Array>): AsyncGenerator<FormFile, void, undefined> {
  const media = parseMediaType(contentType);
  if (media?.type !== 'multipart/form-data') throw new AppError('HTTP_UNSUPPORTED_MEDIA_TYPE', 'Send multipart/form-data.');
  for await (const part of parseMultipart(body, media.parameters['boundary'])) {
    const name = fileNameOf(part.headers.get('content-disposition'));
    if (name !== undefined) yield { name, body: part.body };
  }
}
