import { describe, expect, it } from 'vitest';

import { personName, text } from '../../src/dicom/access.ts';
import { put } from '../../src/dicom/build.ts';
import { decodeText, knownCharacterSets } from '../../src/dicom/charset.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { encodeDataset, fileMeta } from '../../src/dicom/encode.ts';
import { parseDataset, parsePart10 } from '../../src/dicom/parse.ts';
import { explicitVRLittleEndian, implicitVRLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { hasDebianPython } from '../helpers/peers.ts';
import { pydicom } from './programs.ts';

function bytes(escaped: string): Uint8Array {
  return Buffer.from(escaped.replace(/\\(\d{2})\/(\d{2})/gu, (_all, high: string, low: string) => String.fromCharCode(Number(high) * 16 + Number(low))), 'latin1');
}
const ESC = String.fromCharCode(0x1b);

describe('text of every character set', () => {
  // The examples of PS3.5 Annexes H (Japanese), I (Korean), J and K (Chinese), and C.12.1.1.2 repertoires.
  it.each<readonly [string, readonly string[], string, Uint8Array, string]>([
    ['Japanese in three groups (H.3.1)', ['', 'ISO 2022 IR 87'], 'PN',
      Buffer.from(`Yamada^Tarou=${ESC}$B;3ED${ESC}(B^${ESC}$BB@O:${ESC}(B=${ESC}$B$d$^$@${ESC}(B^${ESC}$B$?$m$&${ESC}(B`, 'latin1'), 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
    ['half-width katakana (H.3.2)', ['ISO 2022 IR 13', 'ISO 2022 IR 87'], 'PN',
      Buffer.concat([Buffer.from([0xd4, 0xcf, 0xc0, 0xde, 0x5e, 0xc0, 0xdb, 0xb3]), Buffer.from(`=${ESC}$B;3ED${ESC}(J^${ESC}$BB@O:${ESC}(J`, 'latin1')]), 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎'],
    ['Korean (I.2)', ['', 'ISO 2022 IR 149'], 'PN',
      Buffer.concat([Buffer.from(`Hong^Gildong=${ESC}$)C`, 'latin1'), Buffer.from([0xfb, 0xf3]), Buffer.from(`^${ESC}$)C`, 'latin1'), Buffer.from([0xd1, 0xce, 0xd4, 0xd7]),
        Buffer.from(`=${ESC}$)C`, 'latin1'), Buffer.from([0xc8, 0xab]), Buffer.from(`^${ESC}$)C`, 'latin1'), Buffer.from([0xb1, 0xe6, 0xb5, 0xbf])]), 'Hong^Gildong=洪^吉洞=홍^길동'],
    ['Chinese in GB18030 (J.3)', ['GB18030'], 'PN', Buffer.concat([Buffer.from('Wang^XiaoDong=', 'latin1'), Buffer.from([0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab])]), 'Wang^XiaoDong=王^小东'],
    ['Chinese in GBK', ['GBK'], 'PN', Buffer.from([0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab]), '王^小东'],
    ['Chinese in GB 2312 (K.2)', ['', 'ISO 2022 IR 58'], 'PN', Buffer.concat([Buffer.from(`Zhang^XiaoDong=${ESC}$)A`, 'latin1'), Buffer.from([0xd5, 0xc5]), Buffer.from(`^${ESC}$)A`, 'latin1'), Buffer.from([0xd0, 0xa1, 0xb6, 0xab])]), 'Zhang^XiaoDong=张^小东'],
    ['Chinese in UTF-8 (J.1)', ['ISO_IR 192'], 'PN', Buffer.from('Wang^XiaoDong=王^小東', 'utf8'), 'Wang^XiaoDong=王^小東'],
    ['Latin-1', ['ISO_IR 100'], 'LO', bytes('Buc^J\\14/09r\\15/04me'), 'Buc^Jérôme'],
    ['Latin-2', ['ISO_IR 101'], 'LO', Buffer.from([0xa3, 0x6f, 0x64, 0xbc]), 'Łodź'],
    ['Latin-3', ['ISO_IR 109'], 'LO', Buffer.from([0xa1]), 'Ħ'],
    ['Latin-4', ['ISO_IR 110'], 'LO', Buffer.from([0xbf]), 'ŋ'],
    ['Latin-5', ['ISO_IR 148'], 'LO', Buffer.from([0xd0, 0xfd]), 'Ğı'],
    ['Latin-9', ['ISO_IR 203'], 'LO', Buffer.from([0xa4, 0xbc, 0xbd]), '€Œœ'],
    ['Latin-9 by code extension', ['', 'ISO 2022 IR 203'], 'PN', Buffer.concat([Buffer.from(`Oeuvrard=${ESC}-b`, 'latin1'), Buffer.from([0xbc, 0x75])]), 'Oeuvrard=Œu'],
    ['Cyrillic', ['ISO_IR 144'], 'PN', Buffer.from([0xbb, 0xee, 0xda, 0x63, 0x65, 0xdc]), 'Люкceм'],
    ['Arabic', ['ISO_IR 127'], 'PN', Buffer.from([0xe2, 0xc8, 0xc7, 0xe6, 0xea]), 'قباني'],
    ['Greek', ['ISO_IR 126'], 'PN', Buffer.from([0xc4, 0xe9, 0xef]), 'Διο'],
    ['Hebrew', ['ISO_IR 138'], 'PN', Buffer.from([0xf9, 0xf8, 0xe5, 0xef]), 'שרון'],
    ['Thai', ['ISO_IR 166'], 'PN', Buffer.from([0xb9, 0xd2, 0xc2]), 'นาย'],
    ['Shift JIS katakana', ['ISO_IR 13'], 'PN', Buffer.from([0xd4, 0xcf, 0xc0, 0xde]), 'ﾔﾏﾀﾞ'],
    ['two single-byte sets', ['ISO 2022 IR 100', 'ISO 2022 IR 144'], 'PN', Buffer.concat([Buffer.from([0xc9]), Buffer.from(`=${ESC}-L`, 'latin1'), Buffer.from([0xbb, 0xee])]), 'É=Лю'],
    ['ASCII whatever the label', ['ISO 2022 IR 87'], 'LO', Buffer.from('Plain'), 'Plain'],
  ])('%s', (_name, sets, vr, raw, expected) => {
    expect(decodeText(raw, vr, knownCharacterSets(sets))).toBe(expected);
  });

  it.each([
    ['Chinese without its escape sequence', ['', 'ISO 2022 IR 58'], Buffer.concat([Buffer.from('Zhang^XiaoDong='), Buffer.from([0xd5, 0xc5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab])]), 'Zhang^XiaoDong=张^小东'],
    ['Korean without its escape sequence', ['', 'ISO 2022 IR 149'], Buffer.from([0xc8, 0xab, 0x5e, 0xb1, 0xe6, 0xb5, 0xbf]), '홍^길동'],
    ['neither Korean nor announced', ['', 'ISO 2022 IR 149'], Buffer.from('Nguyễn', 'utf8'), 'Nguyễn'],
    ['UTF-8 without a label', [], Buffer.from('Nguyễn', 'utf8'), 'Nguyễn'],
    ['Latin-1 without a label', [], Buffer.from([0x4d, 0xfc, 0x6c]), 'Mül'],
    ['an unknown label', ['ISO_IR 999'], Buffer.from('Nguyễn', 'utf8'), 'Nguyễn'],
    ['a misspelt label', ['ISO-IR 192'], Buffer.from('Nguyễn', 'utf8'), 'Nguyễn'],
    ['another misspelt label', ['utf-8'], Buffer.from('Nguyễn', 'utf8'), 'Nguyễn'],
    ['an unknown escape sequence', ['', 'ISO 2022 IR 87'], Buffer.from(`${ESC}%GNguy`, 'latin1'), `${ESC}%GNguy`],
  ] as const)('tolerates %s', (_name, sets, raw, expected) => {
    expect(decodeText(raw, 'PN', knownCharacterSets(sets))).toBe(expected);
  });

  it('splits values after decoding, not before', () => {
    // The second byte of the GBK character 俓 (0x82 0x5C) looks like a backslash.
    const field = Buffer.from([0x82, 0x5c, 0x5c, 0x42]);
    const element = Buffer.concat([Buffer.from([8, 0, 5, 0, 0x43, 0x53, 4, 0]), Buffer.from('GBK '), Buffer.from([0x10, 0, 0x10, 0x21, 0x4c, 0x4f, 4, 0]), field]);
    expect(parseDataset(element, explicitVRLittleEndian)['00102110']?.Value).toEqual(['俓', 'B']);
  });

  it('takes the declaration of an item for that item only', () => {
    const name = (raw: Uint8Array): Uint8Array => Buffer.concat([Buffer.from([0x10, 0, 0x10, 0, raw.length, 0, 0, 0]), raw]);
    const set = (term: string): Uint8Array => Buffer.concat([Buffer.from([8, 0, 5, 0, 10, 0, 0, 0]), Buffer.from(term)]);
    const item = Buffer.concat([set('ISO_IR 144'), name(Buffer.from([0xbb, 0xee]))]);
    const body = Buffer.concat([
      set('ISO_IR 100'), Buffer.from([8, 0, 0x40, 0x11, item.length + 8, 0, 0, 0, 0xfe, 0xff, 0, 0xe0, item.length, 0, 0, 0]), item, name(Buffer.from([0xc9, 0xe9])),
    ]);
    const dataset = parseDataset(body, implicitVRLittleEndian);
    expect(personName(dataset, 'PatientName')).toEqual({ Alphabetic: 'Éé' });
    expect(dataset['00081140']?.Value?.[0]).toMatchObject({ '00100010': { Value: [{ Alphabetic: 'Лю' }] } });
  });
});

describe('Vietnamese', () => {
  const names = ['Nguyễn^Thị Hồng Nhung', 'Đặng^Văn Ưởng', 'TRƯƠNG^MỸ HOA', 'Lê^Quý Đôn=黎^貴惇'];

  it.each(names)('%s survives writing and reading', (name) => {
    const dataset: Dataset = {};
    put(dataset, 'PatientName', name);
    put(dataset, 'StudyDescription', 'Cắt lớp vi tính ngực không tiêm thuốc');
    for (const syntax of [explicitVRLittleEndian, implicitVRLittleEndian]) {
      const read = parseDataset(encodeDataset(dataset, syntax), syntax);
      expect(text(read, 'SpecificCharacterSet')).toBe('ISO_IR 192');
      expect(text(read, 'PatientName')).toBe(name);
      expect(text(read, 'StudyDescription')).toBe('Cắt lớp vi tính ngực không tiêm thuốc');
    }
  });

  it.runIf(hasDebianPython())('is read by pydicom', () => {
    const dataset: Dataset = {};
    put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.88.34');
    put(dataset, 'SOPInstanceUID', '2.25.1');
    put(dataset, 'PatientName', names[0] ?? '');
    const file = Buffer.concat([fileMeta({ sopClassUID: '1.2.840.10008.5.1.4.1.1.88.34', sopInstanceUID: '2.25.1', transferSyntaxUID: explicitVRLittleEndian }), encodeDataset(dataset)]);
    expect(pydicom(file, 'import pydicom,sys;print(pydicom.dcmread(sys.argv[1]).PatientName,end="")')).toBe(names[0]);
    expect(text(parsePart10(file).dataset, 'PatientName')).toBe(names[0]);
  });
});
