import { describe, expect, it } from 'vitest';
import { parseAccept, parseMediaType } from '../../src/dicomweb/media-type.ts';
import { negotiateFrames, negotiateInstances, negotiateRendered } from '../../src/dicomweb/negotiate.ts';
import { toAppError } from '../../src/errors.ts';

const explicit = '1.2.840.10008.1.2.1';
const jpegLS = '1.2.840.10008.1.2.4.80';
const mpeg4 = '1.2.840.10008.1.2.4.102';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return toAppError(error).code;
  }
  return 'no failure';
}

describe('media types', () => {
  it('reads parameters with and without quotes, and unquoted slashes as clients write them', () => {
    expect(parseMediaType('multipart/related; type="application/dicom"; boundary=a.b')).toMatchObject({
      type: 'multipart/related', parameters: { type: 'application/dicom', boundary: 'a.b' },
    });
    expect(parseMediaType('Multipart/Related;type=application/dicom;transfer-syntax=*')?.parameters).toMatchObject({ type: 'application/dicom', 'transfer-syntax': '*' });
    expect(parseMediaType('nonsense')).toBeUndefined();
  });

  it('orders Accept by weight, keeps a comma within quotes together, and drops what is refused', () => {
    const accept = parseAccept('image/png;q=0.5, multipart/related; type="a,b"; q=0.9, text/html;q=0, image/jpeg');
    expect(accept.map(({ type }) => type)).toEqual(['image/jpeg', 'multipart/related', 'image/png']);
    expect(accept[1]?.parameters['type']).toBe('a,b');
  });
});

describe('which representation of instances', () => {
  it.each([
    ['multipart/related; type="application/dicom"; transfer-syntax=*', jpegLS, { multipart: true, syntax: 'stored' }],
    ['multipart/related; type="application/dicom"', jpegLS, { multipart: true, syntax: 'explicit' }],
    ['multipart/related; type="application/dicom"', explicit, { multipart: true, syntax: 'stored' }],
    [`multipart/related; type=application/dicom; transfer-syntax=${jpegLS}`, jpegLS, { multipart: true, syntax: 'stored' }],
    ['*/*', jpegLS, { multipart: true, syntax: 'explicit' }],
    [undefined, jpegLS, { multipart: true, syntax: 'explicit' }],
    ['application/dicom; transfer-syntax=*', jpegLS, { multipart: false, syntax: 'stored' }],
    [`application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90, multipart/related; type="application/dicom"; q=0.1`, jpegLS, { multipart: true, syntax: 'explicit' }],
  ])('%s of %s', (accept, stored, wanted) => {
    expect(negotiateInstances(accept, [stored], true)).toEqual(wanted);
  });

  it('refuses what it cannot give', () => {
    expect(codeOf(() => negotiateInstances('application/dicom+xml', [explicit], true))).toBe('HTTP_NOT_ACCEPTABLE');
    expect(codeOf(() => negotiateInstances('application/dicom', [explicit], false))).toBe('HTTP_NOT_ACCEPTABLE');
    expect(codeOf(() => negotiateInstances('multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.90', [explicit], true))).toBe('HTTP_NOT_ACCEPTABLE');
    expect(codeOf(() => negotiateInstances('multipart/related; type="application/dicom"', [mpeg4], true))).toBe('HTTP_NOT_ACCEPTABLE');
  });
});

describe('which representation of frames', () => {
  it.each([
    ['multipart/related; type="application/octet-stream"', jpegLS, 2, { multipart: true, syntax: 'explicit', mediaType: 'application/octet-stream' }],
    ['multipart/related; type="application/octet-stream"; transfer-syntax=*', jpegLS, 2, { multipart: true, syntax: 'stored', mediaType: 'application/octet-stream' }],
    ['multipart/related; type="image/jls"', jpegLS, 1, { multipart: true, syntax: 'stored', mediaType: 'image/jls' }],
    ['application/octet-stream', jpegLS, 1, { multipart: false, syntax: 'explicit', mediaType: 'application/octet-stream' }],
    ['*/*', explicit, 1, { multipart: true, syntax: 'explicit', mediaType: 'application/octet-stream' }],
    ['multipart/related; type="application/octet-stream"; transfer-syntax=*', explicit, 1, { multipart: true, syntax: 'explicit', mediaType: 'application/octet-stream' }],
  ])('%s of %s', (accept, stored, count, wanted) => {
    expect(negotiateFrames(accept, stored, count)).toEqual(wanted);
  });

  it('refuses several frames as a single part, and another compression than the stored one', () => {
    expect(codeOf(() => negotiateFrames('application/octet-stream', explicit, 2))).toBe('HTTP_NOT_ACCEPTABLE');
    expect(codeOf(() => negotiateFrames('multipart/related; type="image/jp2"', jpegLS, 1))).toBe('HTTP_NOT_ACCEPTABLE');
  });

  it('renders JPEG unless PNG is wanted', () => {
    expect(negotiateRendered('image/*')).toBe('image/jpeg');
    expect(negotiateRendered('image/png, image/jpeg;q=0.9')).toBe('image/png');
    expect(codeOf(() => negotiateRendered('image/gif'))).toBe('HTTP_NOT_ACCEPTABLE');
  });
});
