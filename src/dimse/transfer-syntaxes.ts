/** Which of the proposed transfer syntaxes is taken (PS3.8 9.3.3.2, PS3.5 Annex A). */
import { explicitVRLittleEndian, implicitVRLittleEndian, isKnownTransferSyntax, transferSyntax, transferSyntaxes } from '../dicom/transfer-syntax.ts';

/** Everything that is stored as sent; nothing is decoded on the way in. */
export const storageTransferSyntaxes: ReadonlySet<string> = new Set(transferSyntaxes.map(({ uid }) => uid));

/** For services whose data sets this side must read and write itself. */
export const plainTransferSyntaxes: ReadonlySet<string> = new Set([explicitVRLittleEndian, implicitVRLittleEndian]);

export function isCompressed(transferSyntaxUID: string): boolean {
  return isKnownTransferSyntax(transferSyntaxUID) && transferSyntax(transferSyntaxUID).encapsulated;
}

/**
 * The transfer syntax of one presentation context, or undefined when none is supported. A sender lists first what it
 * holds: a compressed first choice is kept so that it need not convert; otherwise explicit VR little endian.
 */
export function chooseTransferSyntax(proposed: readonly string[], supported: ReadonlySet<string>): string | undefined {
  const usable = proposed.filter((uid) => supported.has(uid));
  const first = usable[0];
  if (first === undefined || isCompressed(first)) return first;
  return usable.includes(explicitVRLittleEndian) ? explicitVRLittleEndian : first;
}
