/** Which representation a client gets: PS3.18 8.7.3 to 8.7.5. */
import { explicitVRLittleEndian, transferSyntax, type Codec } from '../dicom/transfer-syntax.ts';
import { AppError } from '../errors.ts';
import { parseAccept, type MediaType } from './media-type.ts';

/** The transfer syntax that is sent: as stored, or decoded to Explicit VR Little Endian. */
export type SyntaxChoice = 'stored' | 'explicit';

export interface InstanceRepresentation {
  readonly multipart: boolean;
  readonly syntax: SyntaxChoice;
}

export interface FrameRepresentation extends InstanceRepresentation {
  /** Media type of a frame: `application/octet-stream` or that of the compressed bitstream. */
  readonly mediaType: string;
}

function notAcceptable(): AppError {
  return new AppError('HTTP_NOT_ACCEPTABLE', 'None of the representations that Accept lists can be given.');
}

/** PS3.18 Table 8.7.3-5: media types of compressed frames. */
const mediaTypeOfCodec: Readonly<Partial<Record<Codec, string>>> = {
  rle: 'image/dicom-rle',
  jpeg: 'image/jpeg',
  'jpeg-lossless': 'image/jpeg',
  'jpeg-ls': 'image/jls',
  'jpeg-2000': 'image/jp2',
  htj2k: 'image/jphc',
};

/** The media type of a stored bitstream. */
export function frameMediaType(transferSyntaxUID: string): string {
  return mediaTypeOfCodec[transferSyntax(transferSyntaxUID).codec] ?? 'application/octet-stream';
}

/**
 * What the transfer-syntax parameter asks for, given what is stored. Without one it is Explicit VR Little Endian
 * (PS3.18 8.7.3.5.2). Undefined when it cannot be given: nothing is ever compressed on the way out.
 */
function syntaxFor(wanted: string | undefined, stored: readonly string[]): SyntaxChoice | undefined {
  if (wanted === '*') return 'stored';
  if (wanted !== undefined && wanted !== explicitVRLittleEndian) {
    return stored.every((uid) => uid === wanted) ? 'stored' : undefined;
  }
  if (stored.every((uid) => uid === explicitVRLittleEndian)) return 'stored';
  return stored.every((uid) => transferSyntax(uid).codec !== 'unsupported') ? 'explicit' : undefined;
}

/** Media types in `type=` may come without quotes, cut at the slash by strict readers: both are read. */
function partType(range: MediaType): string | undefined {
  return range.type === 'multipart/related' ? range.parameters['type']?.toLowerCase() : undefined;
}

/** For instances: multipart, or the single part when one instance was asked for as application/dicom. */
export function negotiateInstances(accept: string | undefined, stored: readonly string[], single: boolean): InstanceRepresentation {
  for (const range of parseAccept(accept)) {
    const type = partType(range);
    const any = range.type === '*/*' || (range.type === 'multipart/related' && (type === undefined || type === '*/*'));
    const multipart = any || type === 'application/dicom' || range.type === 'multipart/*';
    const alone = range.type === 'application/dicom' || range.type === 'application/*';
    if (!multipart && !(alone && single)) continue;
    const syntax = syntaxFor(range.parameters['transfer-syntax'], stored);
    if (syntax !== undefined) return { multipart, syntax };
  }
  throw notAcceptable();
}

/** For frames: uncompressed by default, the stored bitstream when it is asked for by name, by type or by `*`. */
export function negotiateFrames(accept: string | undefined, stored: string, frames: number): FrameRepresentation {
  const storedType = frameMediaType(stored);
  const compressed = transferSyntax(stored).encapsulated;
  for (const range of parseAccept(accept)) {
    const multipart = range.type === 'multipart/related' || range.type === '*/*' || range.type === 'multipart/*';
    const type = partType(range) ?? (multipart ? '*/*' : range.type);
    if (!multipart && frames > 1) continue;
    const wanted = range.parameters['transfer-syntax'];
    if (type === 'application/octet-stream' || type === '*/*' || type === 'application/*') {
      const syntax = syntaxFor(wanted, [stored]);
      if (syntax !== undefined) {
        // Native data of another byte order or VR is the same little-endian frame after decoding.
        const choice = syntax === 'stored' && compressed ? 'stored' : 'explicit';
        return { multipart, syntax: choice, mediaType: type === '*/*' && choice === 'stored' ? storedType : 'application/octet-stream' };
      }
    } else if (compressed && (type === storedType || type === 'image/*') && (wanted === undefined || wanted === '*' || wanted === stored)) {
      return { multipart, syntax: 'stored', mediaType: storedType };
    }
  }
  throw notAcceptable();
}

export type RenderedType = 'image/jpeg' | 'image/png';

/** JPEG unless PNG is preferred (PS3.18 8.7.4). */
export function negotiateRendered(accept: string | undefined): RenderedType {
  for (const range of parseAccept(accept)) {
    if (range.type === 'image/png') return 'image/png';
    if (range.type === 'image/jpeg' || range.type === 'image/*' || range.type === '*/*') return 'image/jpeg';
  }
  throw notAcceptable();
}

/** True when DICOM JSON (or JSON) is acceptable; XML is not offered. */
export function acceptsJson(accept: string | undefined): boolean {
  return parseAccept(accept).some(({ type, parameters }) =>
    type === '*/*' || type === 'application/*' || type === 'application/dicom+json' || type === 'application/json'
    || (type === 'multipart/related' && (parameters['type'] === undefined || parameters['type'] === 'application/dicom+json')));
}
