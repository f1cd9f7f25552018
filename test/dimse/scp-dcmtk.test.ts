import { readFile, mkdtemp, rm, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { startDimseScp, type DimseScp } from '../../src/dimse/scp.ts';
import { AppError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { hasPrograms, hasSharedData, sharedData } from '../helpers/peers.ts';
import { ctInstance, writeInstance } from './helpers/instances.ts';
import { runProgram } from './helpers/programs.ts';
import { recordingStudy } from './helpers/recording-study.ts';

const dcmtk = hasPrograms('storescu', 'echoscu', 'dcmsend', 'dcmcjpls', 'dcmcjpeg', 'dcmcrle', 'dcmconv', 'gdcmconv');

describe.runIf(dcmtk)('SCP against the DCMTK senders', () => {
  const study = { current: recordingStudy() };
  let scp: DimseScp;
  let folder: string;
  let plain: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-dimse-'));
    plain = await writeInstance(join(folder, 'plain.dcm'), ctInstance());
    scp = await startDimseScp({ host: '127.0.0.1', port: 0, aeTitle: 'PHOI', log: silentLog(), study: { receive: (...args) => study.current.receive(...args) } });
  });
  afterAll(async () => {
    await scp.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => { study.current = recordingStudy(); });

  const storescu = (...args: readonly string[]) => runProgram('storescu', ['-aec', 'PHOI', ...args.slice(0, -1), '127.0.0.1', String(scp.port), args.at(-1)!]);

  it('answers C-ECHO, also several times on one association', async () => {
    const { code, output } = await runProgram('echoscu', ['-v', '-aec', 'PHOI', '--repeat', '5', '127.0.0.1', String(scp.port)]);
    expect(output).toContain('Received Echo Response (Success)');
    expect(code).toBe(0);
  });

  it('rejects a wrong called AE title with its own reason', async () => {
    const { code, output } = await runProgram('echoscu', ['-aec', 'OTHER', '127.0.0.1', String(scp.port)]);
    expect(output).toContain('Called AE Title Not Recognized');
    expect(code).not.toBe(0);
  });

  const conversions: readonly (readonly [name: string, make: (from: string, to: string) => readonly string[], option: string, transferSyntaxUID: string])[] = [
    ['explicit little endian', (from, to) => ['dcmconv', '+te', from, to], '-xe', '1.2.840.10008.1.2.1'],
    ['implicit little endian', (from, to) => ['dcmconv', '+ti', from, to], '-xi', '1.2.840.10008.1.2'],
    ['explicit big endian', (from, to) => ['dcmconv', '+tb', from, to], '-xb', '1.2.840.10008.1.2.2'],
    ['deflated', (from, to) => ['dcmconv', '+td', from, to], '-xd', '1.2.840.10008.1.2.1.99'],
    ['JPEG lossless SV1', (from, to) => ['dcmcjpeg', '+e1', from, to], '-xs', '1.2.840.10008.1.2.4.70'],
    ['JPEG extended', (from, to) => ['dcmcjpeg', '+ee', '+un', from, to], '-xx', '1.2.840.10008.1.2.4.51'],
    ['JPEG-LS lossless', (from, to) => ['dcmcjpls', from, to], '-xt', '1.2.840.10008.1.2.4.80'],
    ['JPEG-LS near-lossless', (from, to) => ['dcmcjpls', '+en', from, to], '-xu', '1.2.840.10008.1.2.4.81'],
    ['JPEG 2000 lossless', (from, to) => ['gdcmconv', '--j2k', from, to], '-xv', '1.2.840.10008.1.2.4.90'],
    ['RLE', (from, to) => ['dcmcrle', from, to], '-xr', '1.2.840.10008.1.2.5'],
  ];
  it.each(conversions)('stores %s as sent', async (name, make, option, transferSyntaxUID) => {
    const file = join(folder, `${name}.dcm`);
    const [program, ...args] = make(plain, file);
    const made = await runProgram(program!, args);
    expect(made.code, made.output).toBe(0);
    const { code, output } = await storescu(option, file);
    expect(code, output).toBe(0);
    expect(study.current.received).toHaveLength(1);
    const [received] = study.current.received;
    const parsed = parsePart10(received!.bytes!);
    expect(parsed.meta.transferSyntaxUID).toBe(transferSyntaxUID);
    const original = parsePart10(await readFile(file));
    expect(parsed.dataset).toEqual(original.dataset);
    const pixels = ({ bytes, instance }: { bytes: Uint8Array; instance: typeof parsed }) => {
      const { pixelData, inflated } = instance;
      if (pixelData?.kind === 'native') return (inflated ?? bytes).subarray(pixelData.offset, pixelData.offset + pixelData.length);
      return pixelData?.fragments?.map(({ offset, length }) => Buffer.from(bytes.subarray(offset, offset + length)).toString('hex'));
    };
    expect(pixels({ bytes: received!.bytes!, instance: parsed })).toEqual(pixels({ bytes: await readFile(file), instance: original }));
  });

  it('takes everything of a folder with its subfolders', async () => {
    for (let number = 1; number <= 30; number += 1) {
      await writeInstance(join(folder, 'tree', String(number % 3), `${number}.dcm`), ctInstance({ instanceNumber: number }));
    }
    const { code, output } = await storescu('+sd', '+r', join(folder, 'tree'));
    expect(code, output).toBe(0);
    expect(new Set(study.current.received.map(({ sopInstanceUID }) => sopInstanceUID)).size).toBe(30);
  });

  it('takes what dcmsend sends, with its own negotiation', async () => {
    const file = join(folder, 'dcmsend.dcm');
    expect((await runProgram('dcmcjpls', [plain, file])).code).toBe(0);
    const { code, output } = await runProgram('dcmsend', ['-v', '-aec', 'PHOI', '127.0.0.1', String(scp.port), plain, file]);
    expect(code, output).toBe(0);
    expect(study.current.received).toHaveLength(2);
  });

  it('takes small PDUs and large ones', async () => {
    for (const size of ['4096', '16384', '131072']) {
      const { code, output } = await storescu('-pdu', size, '--max-send-pdu', size, plain);
      expect(code, output).toBe(0);
    }
    expect(new Set(study.current.received.map(({ sha256 }) => sha256)).size).toBe(1);
  });

  it('serves many senders at once and keeps their instances apart', async () => {
    const files = await Promise.all(Array.from({ length: 8 }, (_, index) => writeInstance(join(folder, `many-${index}.dcm`), ctInstance({ size: 200, instanceNumber: index }))));
    const results = await Promise.all(files.map((file) => storescu(file)));
    expect(results.map(({ code }) => code)).toEqual(files.map(() => 0));
    expect(study.current.received).toHaveLength(8);
    for (const { bytes, sopInstanceUID } of study.current.received) {
      expect(parsePart10(bytes!).dataset['00080018']?.Value).toEqual([sopInstanceUID]);
    }
  });

  const failures: readonly (readonly [code: ConstructorParameters<typeof AppError>[0], shown: string])[] = [
    ['ARCHIVE_OUT_OF_SPACE', '0xa700'],
    ['DICOM_SOP_MISMATCH', '0xa900'],
    ['DICOM_MALFORMED', '0xc000'],
    ['INTERNAL', '0x0110'],
  ];
  it.each(failures)('answers %s with the status that says so, and takes the next one', async (code, shown) => {
    const second = await writeInstance(join(folder, 'second.dcm'), ctInstance({ sopInstanceUID: '1.2.3.4' }));
    study.current.failWith = (uid) => (uid === '1.2.3.4' ? undefined : new AppError(code, 'Test^Subject must not get out'));
    const { output } = await runProgram('storescu', ['-d', '--no-halt', '-aec', 'PHOI', '127.0.0.1', String(scp.port), plain, second]);
    const statuses = [...output.matchAll(/DIMSE Status *: (0x[0-9a-f]{4})/gu)].map(([, status]) => status);
    expect(statuses).toEqual([shown, '0x0000']);
    expect(output).not.toContain('Test^Subject');
    expect(study.current.received.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['1.2.3.4']);
  });

  it('lets listed systems store, others only verify', async () => {
    const guarded = await startDimseScp({
      host: '127.0.0.1', port: 0, aeTitle: 'PHOI', log: silentLog(), study: study.current,
      peers: [{ aeTitle: 'CT1', address: '127.0.0.0/8' }, { aeTitle: 'CT2', address: '10.0.0.1' }],
    });
    try {
      const send = (calling: string) => runProgram('storescu', ['-aet', calling, '-aec', 'PHOI', '127.0.0.1', String(guarded.port), plain]);
      const verify = await runProgram('echoscu', ['-aet', 'NOBODY', '-aec', 'PHOI', '127.0.0.1', String(guarded.port)]);
      expect(verify.code).toBe(0);
      for (const calling of ['NOBODY', 'CT2']) expect((await send(calling)).output).toContain('Calling AE Title Not Recognized');
      expect(study.current.received).toEqual([]);
      expect((await send('CT1')).code).toBe(0);
      expect(study.current.received.map(({ callingAETitle }) => callingAETitle)).toEqual(['CT1']);
    } finally {
      await guarded.close();
    }
  });

  it.runIf(hasSharedData())('takes a real CT series in JPEG-LS', async () => {
    const series = join(sharedData, 'ct', 'cptac-c3n-00247');
    const { code, output } = await storescu('-xt', '+sd', series);
    expect(code, output.slice(-500)).toBe(0);
    expect(study.current.received).toHaveLength((await readdir(series)).filter((name) => name.endsWith('.dcm')).length);
  });
});
