/** Transfer syntaxes, PS3.5 Annex A and PS3.6 Table A-1. */

export type Codec = 'native' | 'rle' | 'jpeg' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k' | 'unsupported';

export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  readonly explicitVR: boolean;
  readonly bigEndian: boolean;
  /** The whole data set is deflated. */
  readonly deflated: boolean;
  /** Pixel data is a sequence of fragments. */
  readonly encapsulated: boolean;
  readonly codec: Codec;
  /** The syntax may be used with loss. */
  readonly lossy: boolean;
}

export const implicitVRLittleEndian = '1.2.840.10008.1.2';
export const explicitVRLittleEndian = '1.2.840.10008.1.2.1';
export const deflatedExplicitVRLittleEndian = '1.2.840.10008.1.2.1.99';
export const explicitVRBigEndian = '1.2.840.10008.1.2.2';
export const rleLossless = '1.2.840.10008.1.2.5';
export const jpegLSLossless = '1.2.840.10008.1.2.4.80';
export const jpeg2000Lossless = '1.2.840.10008.1.2.4.90';
export const htj2kLossless = '1.2.840.10008.1.2.4.201';

function native(uid: string, name: string, traits: Partial<TransferSyntax> = {}): TransferSyntax {
  return { uid, name, explicitVR: true, bigEndian: false, deflated: false, encapsulated: false, codec: 'native', lossy: false, ...traits };
}
function encapsulated(uid: string, name: string, codec: Codec, lossy: boolean): TransferSyntax {
  return { uid, name, explicitVR: true, bigEndian: false, deflated: false, encapsulated: true, codec, lossy };
}

/** Every transfer syntax that is received, stored and sent on as it came. */
export const transferSyntaxes: readonly TransferSyntax[] = [
  native(implicitVRLittleEndian, 'Implicit VR Little Endian', { explicitVR: false }),
  native(explicitVRLittleEndian, 'Explicit VR Little Endian'),
  native(deflatedExplicitVRLittleEndian, 'Deflated Explicit VR Little Endian', { deflated: true }),
  native(explicitVRBigEndian, 'Explicit VR Big Endian', { bigEndian: true }),
  encapsulated(rleLossless, 'RLE Lossless', 'rle', false),
  encapsulated('1.2.840.10008.1.2.4.50', 'JPEG Baseline (Process 1)', 'jpeg', true),
  encapsulated('1.2.840.10008.1.2.4.51', 'JPEG Extended (Process 2 and 4)', 'jpeg', true),
  encapsulated('1.2.840.10008.1.2.4.57', 'JPEG Lossless, Non-Hierarchical (Process 14)', 'jpeg-lossless', false),
  encapsulated('1.2.840.10008.1.2.4.70', 'JPEG Lossless, Non-Hierarchical, First-Order Prediction', 'jpeg-lossless', false),
  encapsulated(jpegLSLossless, 'JPEG-LS Lossless', 'jpeg-ls', false),
  encapsulated('1.2.840.10008.1.2.4.81', 'JPEG-LS Lossy (Near-Lossless)', 'jpeg-ls', true),
  encapsulated(jpeg2000Lossless, 'JPEG 2000 (Lossless Only)', 'jpeg-2000', false),
  encapsulated('1.2.840.10008.1.2.4.91', 'JPEG 2000', 'jpeg-2000', true),
  encapsulated(htj2kLossless, 'High-Throughput JPEG 2000 (Lossless Only)', 'htj2k', false),
  encapsulated('1.2.840.10008.1.2.4.202', 'High-Throughput JPEG 2000 with RPCL Options (Lossless Only)', 'htj2k', false),
  encapsulated('1.2.840.10008.1.2.4.203', 'High-Throughput JPEG 2000', 'htj2k', true),
];

const byUID = new Map(transferSyntaxes.map((syntax) => [syntax.uid, syntax]));

/** The syntax of a UID. An unknown one is taken as Explicit VR Little Endian, encapsulated, with no decoder (PS3.5 A.4). */
export function transferSyntax(uid: string): TransferSyntax {
  return byUID.get(uid) ?? encapsulated(uid, 'unknown', 'unsupported', false);
}

export function isKnownTransferSyntax(uid: string): boolean {
  return byUID.has(uid);
}
