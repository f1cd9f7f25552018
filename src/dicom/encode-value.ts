/** From a value in the DICOM JSON model to the bytes of its field (little endian, UTF-8). */
import { AppError } from '../errors.ts';
import { formatPersonName } from './access.ts';
import { formatDecimalString, numberFault, textFault } from './check-value.ts';
import type { DicomElement, DicomValue } from './dataset.ts';
import { isBinary, isSingleText, numericSize } from './vr.ts';

function invalid(tag: string, vr: string, fault: string): AppError {
  // The value itself may be patient data and stays out of the message.
  return new AppError('DICOM_INVALID_VALUE', `the value of ${tag} (${vr}) ${fault}`, { details: { tag, vr } });
}

function numericText(tag: string, vr: string, value: number): string {
  if (vr === 'DS') {
    const formatted = formatDecimalString(value);
    if (formatted === undefined) throw invalid(tag, vr, 'is not finite');
    return formatted;
  }
  if (vr === 'IS' && !Number.isInteger(value)) throw invalid(tag, vr, 'is not an integer');
  return String(value);
}

function valueText(tag: string, vr: string, value: DicomValue): string {
  if (value === null) return '';
  if (typeof value === 'number') {
    if (vr !== 'DS' && vr !== 'IS') throw invalid(tag, vr, 'is a number');
    return numericText(tag, vr, value);
  }
  if (typeof value === 'string') return value;
  if (vr === 'PN') return formatPersonName(value);
  throw invalid(tag, vr, 'is an object');
}

function encodeText(tag: string, element: DicomElement, strict: boolean): Uint8Array {
  const { vr } = element;
  const values = (element.Value ?? []).map((value) => valueText(tag, vr, value));
  if (strict) {
    if (isSingleText(vr) && values.length > 1) throw invalid(tag, vr, 'has more than one value');
    for (const value of values) {
      const fault = value === '' ? undefined : textFault(vr, value);
      if (fault !== undefined) throw invalid(tag, vr, fault);
    }
  }
  return Buffer.from(values.join('\\'), 'utf8');
}

function encodeNumeric(tag: string, element: DicomElement): Uint8Array {
  const { vr } = element;
  const size = numericSize[vr] ?? 0;
  const values = element.Value ?? [];
  const out = new Uint8Array(values.length * size);
  const view = new DataView(out.buffer);
  values.forEach((value, index) => {
    const at = index * size;
    if (vr === 'AT') {
      if (typeof value !== 'string' || !/^[0-9A-Fa-f]{8}$/u.test(value)) throw invalid(tag, vr, 'is not a tag');
      view.setUint16(at, Number.parseInt(value.slice(0, 4), 16), true);
      view.setUint16(at + 2, Number.parseInt(value.slice(4), 16), true);
      return;
    }
    if (typeof value === 'string' && (vr === 'UV' || vr === 'SV')) {
      view.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), true);
      return;
    }
    if (typeof value !== 'number') throw invalid(tag, vr, 'is not a number');
    const fault = numberFault(vr, value);
    if (fault !== undefined) throw invalid(tag, vr, fault);
    writeNumber(view, vr, at, value);
  });
  return out;
}

function writeNumber(view: DataView, vr: string, at: number, value: number): void {
  switch (vr) {
    case 'US': view.setUint16(at, value, true); break;
    case 'SS': view.setInt16(at, value, true); break;
    case 'UL': view.setUint32(at, value, true); break;
    case 'SL': view.setInt32(at, value, true); break;
    case 'FL': view.setFloat32(at, value, true); break;
    case 'FD': view.setFloat64(at, value, true); break;
    default: view.setBigInt64(at, BigInt(value), true);
  }
}

/** The field without padding. @throws AppError DICOM_INVALID_VALUE. */
export function encodeValue(tag: string, element: DicomElement, strict: boolean): Uint8Array {
  if (element.bytes !== undefined) return element.bytes;
  if (element.InlineBinary !== undefined) return Buffer.from(element.InlineBinary, 'base64');
  if (element.BulkDataURI !== undefined) throw invalid(tag, element.vr, 'is somewhere else (BulkDataURI)');
  if (isBinary(element.vr)) {
    if ((element.Value?.length ?? 0) > 0) throw invalid(tag, element.vr, 'is not binary');
    return new Uint8Array(0);
  }
  return numericSize[element.vr] === undefined ? encodeText(tag, element, strict) : encodeNumeric(tag, element);
}
