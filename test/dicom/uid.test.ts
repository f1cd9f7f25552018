import { describe, expect, it } from 'vitest';

import { isUID, parseUID, randomUID, uidFromName, uidFromUUID } from '../../src/dicom/uid.ts';

describe('UIDs', () => {
  it('makes the UID of a UUID (PS3.5 B.2)', () => {
    expect(uidFromUUID('ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe('2.25.340282366920938463463374607431768211455');
    expect(uidFromUUID('f81d4fae-7dec-11d0-a765-00a0c91e6bf6')).toBe('2.25.329800735698586629295641978511506172918');
  });

  it('makes the same UID from the same name', () => {
    expect(uidFromName('1.2.3.4|nodule-detector|1.0.0|sr')).toBe('2.25.272408304708260020565474261337440463770');
    expect(uidFromName('a')).not.toBe(uidFromName('b'));
  });

  it('makes a valid random UID', () => {
    expect(isUID(randomUID())).toBe(true);
    expect(randomUID()).not.toBe(randomUID());
  });

  it.each(['', '1.', '.1', '1..2', '1.2.a', '1.-2', '../../etc/passwd', '1.2\n', `1.${'1'.repeat(63)}`, '1.2\\1.3'])(
    'refuses %j', (text) => {
      expect(() => parseUID(text)).toThrow(expect.objectContaining({ code: 'DICOM_INVALID_UID' }));
    },
  );

  it('lets leading zeros through, as old equipment writes them', () => {
    expect(parseUID('1.2.0392.00001')).toBe('1.2.0392.00001');
  });

  it('takes padding off', () => {
    expect(parseUID('1.2.840\0')).toBe('1.2.840');
    expect(parseUID('1.2.840 ')).toBe('1.2.840');
    expect(parseUID(`1.${'1'.repeat(62)}`)).toHaveLength(64);
  });
});
