/**
 * Media types with parameters, as Content-Type and Accept carry them (RFC 9110 8.3.1 and 12.5.1; PS3.18 8.7).
 */
export interface MediaType {
  /** Lower case, without parameters: `multipart/related`. */
  readonly type: string;
  /** Names in lower case; quotes removed. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Weight in an Accept header, 0..1. */
  readonly quality: number;
}

const parameterPattern = /;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,"\s]*))/gy;
const typePattern = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*/y;

function readOne(text: string, start: number): { media: MediaType; end: number } | undefined {
  typePattern.lastIndex = start;
  const head = typePattern.exec(text);
  if (head === null) return undefined;
  const parameters: Record<string, string> = Object.create(null) as Record<string, string>;
  let quality = 1;
  let end = typePattern.lastIndex;
  for (;;) {
    parameterPattern.lastIndex = end;
    const match = parameterPattern.exec(text);
    if (match === null) break;
    const name = match[1]!.toLowerCase();
    const value = match[2] === undefined ? match[3] ?? '' : match[2].replace(/\\(.)/g, '$1');
    if (name === 'q') quality = Math.min(1, Math.max(0, Number(value) || 0));
    else parameters[name] = value;
    end = parameterPattern.lastIndex;
    while (text[end] === ' ') end += 1;
  }
  return { media: { type: head[1]!.toLowerCase(), parameters, quality }, end };
}

/** The media type of a Content-Type header; undefined when it is none. */
export function parseMediaType(header: string | undefined): MediaType | undefined {
  return header === undefined ? undefined : readOne(header, 0)?.media;
}

/**
 * The media ranges of an Accept header, best first; entries that cannot be read are left out.
 * Clients in the field write a bare `type=application/dicom` inside `multipart/related` without quotes: read as well.
 */
export function parseAccept(header: string | undefined): readonly MediaType[] {
  const ranges: MediaType[] = [];
  let position = 0;
  const text = header ?? '*/*';
  while (position < text.length && ranges.length < 64) {
    const one = readOne(text, position);
    if (one !== undefined) ranges.push(one.media);
    const comma = text.indexOf(',', one?.end ?? position);
    if (comma < 0) break;
    position = comma + 1;
  }
  return ranges.filter((range) => range.quality > 0).sort((a, b) => b.quality - a.quality);
}
