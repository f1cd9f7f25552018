import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePart10 } from '../../src/dicom/parse.ts';
import { transferSyntaxes } from '../../src/dicom/transfer-syntax.ts';
import { encodeAssociateAccept } from '../../src/dimse/associate-pdu.ts';
import { encodeCommandSet } from '../../src/dimse/command-set.ts';
import { echo } from '../../src/dimse/echo.ts';
import { encodeAbort, encodeReject, pduType } from '../../src/dimse/pdu.ts';
import { outgoingFile } from '../../src/dimse/read-folder.ts';
import { startDimseScp } from '../../src/dimse/scp.ts';
import { sendFolder } from '../../src/dimse/send-folder.ts';
import { sendInstances, type OutgoingInstance } from '../../src/dimse/send-instances.ts';
import { AppError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { hasPrograms, hasSharedData, sharedData } from '../helpers/peers.ts';
import { freePort } from '../helpers/ports.ts';
import { ctInstance, writeInstance, type TestInstance } from './helpers/instances.ts';
import { runProgram, startProgram, type Server } from './helpers/programs.ts';
import { fragment } from './helpers/raw-peer.ts';
import { recordingStudy } from './helpers/recording-study.ts';

let folder: string;
const servers: { stop(): Promise<void> }[] = [];
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'phoi-scu-')); });
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const to = (port: number) => ({ host: '127.0.0.1', port, calledAETitle: 'STORE', callingAETitle: 'PHOI' });

function outgoing(instance: TestInstance): OutgoingInstance {
  const { sopClassUID, sopInstanceUID, transferSyntaxUID, bytes } = instance;
  return { sopClassUID, sopInstanceUID, transferSyntaxUID, open: async () => (async function* () { yield bytes; })() };
}

async function storescp(...options: readonly string[]): Promise<Server> {
  const server = await startProgram('storescp', (port) => ['-od', folder, ...options, String(port)]);
  servers.push(server);
  return server;
}

/** A scripted acceptor: `onPdu` is told every PDU type. */
async function scripted(onPdu: (type: number, socket: Socket, body: Buffer) => void): Promise<number> {
  const server = createServer((socket) => {
    let held = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 6 && held.length >= 6 + held.readUInt32BE(2)) {
        const length = held.readUInt32BE(2);
        onPdu(held.readUInt8(0), socket, held.subarray(6, 6 + length));
        held = held.subarray(6 + length);
      }
    });
    open.add(socket);
  }).listen(0, '127.0.0.1');
  const open = new Set<Socket>();
  await once(server, 'listening');
  servers.push({
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return (server.address() as { port: number }).port;
}

const acceptFirst = encodeAssociateAccept({
  calledAETitle: 'STORE', callingAETitle: 'PHOI', roles: [], maxPduLength: 16384,
  contexts: [{ id: 1, result: 0, transferSyntaxUID: '1.2.840.10008.1.2.1' }],
});

const codes = (outcomes: readonly { readonly state: string; readonly error?: AppError }[]): string[] => outcomes.map(({ state, error }) => error?.code ?? state);

describe.runIf(hasPrograms('storescp', 'dcmcjpls', 'dcmdjpls', 'dcmdump'))('to storescp', () => {
  it('sends what it has, byte for byte', async () => {
    const { port } = await storescp();
    const instances = [1, 2, 3].map((instanceNumber) => ctInstance({ instanceNumber }));
    const seen: string[] = [];
    const outcomes = await sendInstances({ ...to(port), instances: instances.map(outgoing), onStatus: (outcome, { done, total }) => seen.push(`${done}/${total} ${outcome.status}`) });
    expect(codes(outcomes)).toEqual(['sent', 'sent', 'sent']);
    expect(seen).toEqual(['1/3 0', '2/3 0', '3/3 0']);
    for (const instance of instances) {
      const received = parsePart10(await readFile(join(folder, `CT.${instance.sopInstanceUID}`)));
      expect(received.dataset).toEqual(parsePart10(instance.bytes).dataset);
    }
  });

  it('sends compressed instances as they are to a peer that takes them', async () => {
    const { port } = await storescp('+xt');
    const file = await writeInstance(join(folder, 'in', 'a.dcm'), ctInstance());
    await runProgram('dcmcjpls', [file, file]);
    const instance = await outgoingFile(file);
    expect(codes(await sendInstances({ ...to(port), instances: [instance] }))).toEqual(['sent']);
    const received = await readFile(join(folder, `CT.${instance.sopInstanceUID}`));
    expect(parsePart10(received).meta.transferSyntaxUID).toBe('1.2.840.10008.1.2.4.80');
  });

  it.each([['explicit VR', [], '1.2.840.10008.1.2.1'], ['implicit VR', ['+xi'], '1.2.840.10008.1.2']] as const)('decodes for a peer that takes only %s', async (_, options, transferSyntaxUID) => {
    const { port } = await storescp(...options);
    const original = ctInstance({ size: 100 });
    const file = await writeInstance(join(folder, 'in', 'a.dcm'), original);
    await runProgram('dcmcjpls', [file, file]);
    const outcomes = await sendInstances({ ...to(port), instances: [await outgoingFile(file)] });
    expect(codes(outcomes)).toEqual(['sent']);
    const path = join(folder, `CT.${original.sopInstanceUID}`);
    const bytes = await readFile(path);
    const received = parsePart10(bytes);
    expect(received.meta.transferSyntaxUID).toBe(transferSyntaxUID);
    const { pixelData } = received;
    expect(pixelData?.kind).toBe('native');
    if (pixelData?.kind !== 'native') return;
    expect(Buffer.from(bytes.subarray(pixelData.offset, pixelData.offset + pixelData.length)).equals(original.dataset['7FE00010']!.bytes!)).toBe(true);
    expect((await runProgram('dcmdump', ['-q', path])).code).toBe(0);
  });

  it.runIf(hasSharedData())('decodes a real CT slice to the pixels that DCMTK decodes', async () => {
    const { port } = await storescp();
    const source = join(sharedData, 'ct', 'ncia-0117');
    const name = (await readdir(source)).filter((entry) => entry.endsWith('.dcm')).sort()[40]!;
    const instance = await outgoingFile(join(source, name));
    expect(codes(await sendInstances({ ...to(port), instances: [instance] }))).toEqual(['sent']);
    const reference = join(folder, 'reference.dcm');
    expect((await runProgram('dcmdjpls', [join(source, name), reference])).code).toBe(0);
    const pixels = async (path: string): Promise<Buffer> => {
      const bytes = await readFile(path);
      const { pixelData } = parsePart10(bytes);
      if (pixelData?.kind !== 'native') throw new Error('not native');
      return bytes.subarray(pixelData.offset, pixelData.offset + pixelData.length);
    };
    expect((await pixels(join(folder, `CT.${instance.sopInstanceUID}`))).equals(await pixels(reference))).toBe(true);
  });

  it.runIf(hasPrograms('openssl'))('sends over TLS, and not to a peer whose certificate is not trusted', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = await runProgram('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']);
    expect(made.code, made.output).toBe(0);
    const { port } = await storescp('+tls', key, cert, '-ic');
    const instance = ctInstance();
    const trusted = await sendInstances({ ...to(port), tls: { ca: await readFile(cert) }, instances: [outgoing(instance)] });
    expect(codes(trusted)).toEqual(['sent']);
    expect(await readdir(folder)).toContain(`CT.${instance.sopInstanceUID}`);
    expect(codes(await sendInstances({ ...to(port), tls: {}, instances: [outgoing(ctInstance())] }))).toEqual(['DIMSE_PEER_UNREACHABLE']);
  });

  it('names the rejection in words', async () => {
    const { port } = await storescp('--refuse');
    const [outcome] = await sendInstances({ ...to(port), instances: [outgoing(ctInstance())] });
    expect(outcome!.error).toMatchObject({ code: 'DIMSE_PEER_REJECTED', message: expect.stringContaining('rejected') as string });
    await expect(echo(to(port))).rejects.toMatchObject({ code: 'DIMSE_PEER_REJECTED' });
  });

  it.each([['--abort-after'], ['--abort-during']])('survives a peer with %s and reports each instance', async (option) => {
    const { port } = await storescp(option);
    const instances = [1, 2, 3, 4].map((instanceNumber) => outgoing(ctInstance({ instanceNumber, size: 400 })));
    const outcomes = await sendInstances({ ...to(port), instances });
    expect(outcomes).toHaveLength(4);
    expect(codes(outcomes)).toContain('DIMSE_PEER_ABORTED');
    expect(outcomes.map(({ instance }) => instance.sopInstanceUID).sort()).toEqual(instances.map(({ sopInstanceUID }) => sopInstanceUID).sort());
  });

  it('walks a folder and names what is not DICOM', async () => {
    const { port } = await storescp();
    for (const [index, place] of ['a/1.dcm', 'a/b/2', '3.dcm'].entries()) await writeInstance(join(folder, 'in', place), ctInstance({ instanceNumber: index }));
    await writeFile(join(folder, 'in', 'README.txt'), 'not an instance');
    await writeFile(join(folder, 'in', 'empty.dcm'), '');
    await writeFile(join(folder, 'in', 'cut.dcm'), ctInstance().bytes.subarray(0, 300));
    const elsewhere = await writeInstance(join(folder, 'elsewhere', 'linked.dcm'), ctInstance({ instanceNumber: 9 }));
    await symlink(elsewhere, join(folder, 'in', 'link.dcm'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'in', 'folder-link'));
    await mkdir(join(folder, 'in', 'nothing'));
    const directory = ctInstance({ sopClassUID: '1.2.840.10008.1.3.10' });
    await writeInstance(join(folder, 'in', 'DICOMDIR'), directory);
    const progress: number[] = [];
    const result = await sendFolder(join(folder, 'in'), { ...to(port), onProgress: ({ done }) => progress.push(done) });
    expect(result).toMatchObject({ sent: 4, failed: 0 });
    expect(progress).toEqual([1, 2, 3, 4]);
    expect(Object.fromEntries(result.skipped.map(({ path, error }) => [path.slice(folder.length + 4), error.code]))).toEqual({
      'README.txt': 'DICOM_NOT_PART10', 'empty.dcm': 'DICOM_NOT_PART10', 'cut.dcm': 'DICOM_TRUNCATED', DICOMDIR: 'DICOM_NOT_PART10', 'folder-link': 'DICOM_NOT_PART10',
    });
  });
});

it('a folder that is not there is an error', async () => {
  await expect(sendFolder(join(folder, 'absent'), to(104))).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('to our own SCP', () => {
  async function ours(): Promise<{ readonly port: number; readonly study: ReturnType<typeof recordingStudy> }> {
    const study = recordingStudy();
    const scp = await startDimseScp({ host: '127.0.0.1', port: 0, aeTitle: 'STORE', log: silentLog(), study });
    servers.push({ stop: () => scp.close() });
    return { port: scp.port, study };
  }

  it('sends every transfer syntax without touching a byte', async () => {
    const { port, study } = await ours();
    // The data set of each is opaque here: only its meta information says what it is.
    const instances = transferSyntaxes.map(({ uid }, index) => {
      const plain = ctInstance({ instanceNumber: index });
      const { datasetOffset } = parsePart10(plain.bytes);
      const body = plain.bytes.subarray(datasetOffset);
      return { instance: { ...outgoing(plain), transferSyntaxUID: uid }, body };
    });
    const outcomes = await sendInstances({ ...to(port), instances: instances.map(({ instance }) => instance) });
    expect(codes(outcomes)).toEqual(instances.map(() => 'sent'));
    for (const [index, { instance, body }] of instances.entries()) {
      const { bytes } = study.received[index]!;
      expect(Buffer.from(bytes!.subarray(bytes!.length - body.length)).equals(body), instance.transferSyntaxUID).toBe(true);
      expect(Buffer.from(bytes!.subarray(0, 600)).includes(instance.transferSyntaxUID)).toBe(true);
    }
  });

  it('spreads more than 128 presentation contexts over several associations', async () => {
    const { port, study } = await ours();
    const instances = Array.from({ length: 200 }, (_, index) => outgoing(ctInstance({ sopClassUID: `1.2.840.10008.5.1.4.1.1.9000.${index + 1}`, size: 8 })));
    const outcomes = await sendInstances({ ...to(port), instances });
    expect(new Set(codes(outcomes))).toEqual(new Set(['sent']));
    expect(study.received.map(({ sopClassUID }) => sopClassUID)).toEqual(instances.map(({ sopClassUID }) => sopClassUID));
  });

  it('goes on after an instance that the peer refuses, that cannot be read, or whose class nobody takes', async () => {
    const { port, study } = await ours();
    study.failWith = (uid) => (uid === '1.2.3.1' ? new AppError('ARCHIVE_OUT_OF_SPACE', 'full') : undefined);
    const broken = { ...outgoing(ctInstance()), open: async () => { throw new AppError('ARCHIVE_NOT_FOUND', 'gone'); } };
    const cutOff = { ...outgoing(ctInstance()), open: async () => (async function* () {
      yield ctInstance().bytes.subarray(0, 2000);
      throw new AppError('ARCHIVE_CORRUPT', 'the disk gave up');
    })() };
    const outcomes = await sendInstances({
      ...to(port),
      instances: [
        outgoing(ctInstance({ sopInstanceUID: '1.2.3.1' })), broken, cutOff,
        outgoing(ctInstance({ sopClassUID: '1.2.840.10008.5.1.4.1.2.2.1' })), outgoing(ctInstance({ sopInstanceUID: '1.2.3.2' })),
      ],
    });
    expect(codes(outcomes)).toEqual(['DIMSE_PEER_REFUSED_INSTANCE', 'ARCHIVE_NOT_FOUND', 'ARCHIVE_CORRUPT', 'DIMSE_PEER_REFUSED_INSTANCE', 'sent']);
    expect(outcomes[0]).toMatchObject({ status: 0xa700, error: { message: expect.stringContaining('A700 (out of resources)') as string } });
    expect(study.received.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['1.2.3.2']);
  });

  it('answers an echo', async () => {
    const { port } = await ours();
    expect(await echo(to(port))).toBeGreaterThan(0);
  });
});

describe('to peers that misbehave', () => {
  const timers = { connectMs: 300, associateMs: 150, responseMs: 150, stallMs: 150, releaseMs: 150, slowestBytesPerSecond: 100_000_000 };
  const send = async (port: number, count = 2): Promise<string[]> =>
    codes(await sendInstances({ ...to(port), timers, instances: Array.from({ length: count }, () => outgoing(ctInstance())) }));

  it('nobody listens', async () => {
    expect(await send(await freePort())).toEqual(['DIMSE_PEER_UNREACHABLE', 'DIMSE_PEER_UNREACHABLE']);
  });

  it('the address does not exist', async () => {
    const [outcome] = await sendInstances({ ...to(104), host: 'no-such-host.invalid', timers, instances: [outgoing(ctInstance())] });
    expect(outcome!.error!.code).toBe('DIMSE_PEER_UNREACHABLE');
  });

  it('accepts the connection and says nothing', async () => {
    expect(await send(await scripted(() => undefined))).toEqual(['DIMSE_TIMEOUT', 'DIMSE_TIMEOUT']);
  });

  it('accepts the association and never answers an instance: given up after two', async () => {
    let requests = 0;
    const port = await scripted((type, socket) => {
      if (type !== pduType.associateRequest) return;
      requests += 1;
      socket.write(acceptFirst);
    });
    expect(await send(port, 5)).toEqual(Array(5).fill('DIMSE_TIMEOUT'));
    expect(requests).toBe(2);
  });

  it('is busy for the moment', async () => {
    const port = await scripted((_, socket) => socket.end(encodeReject({ result: 2, source: 3, reason: 1 })));
    const [outcome] = await sendInstances({ ...to(port), timers, instances: [outgoing(ctInstance())] });
    expect(outcome!.error).toMatchObject({ code: 'DIMSE_PEER_REJECTED', message: expect.stringContaining('temporary congestion') as string, details: { result: 2, source: 3, reason: 1 } });
  });

  it('answers with another protocol', async () => {
    const port = await scripted((_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await send(port)).toEqual(['DIMSE_PROTOCOL_ERROR', 'DIMSE_PROTOCOL_ERROR']);
  });

  it('aborts instead of answering', async () => {
    const port = await scripted((type, socket) => socket.write(type === pduType.associateRequest ? acceptFirst : encodeAbort(2, 6)));
    expect(await send(port)).toEqual(['DIMSE_PEER_ABORTED', 'DIMSE_PEER_ABORTED']);
  });

  it('stops reading in the middle of a large instance', async () => {
    const port = await scripted((type, socket) => {
      if (type === pduType.associateRequest) socket.write(acceptFirst);
      else socket.pause();
    });
    const [outcome] = await sendInstances({ ...to(port), timers, instances: [outgoing(ctInstance({ size: 4000 }))] });
    expect(outcome!.error!.code).toBe('DIMSE_TIMEOUT');
  });

  it('does not answer a release: everything was sent all the same', async () => {
    let answered = 0;
    const port = await scripted((type, socket, body) => {
      if (type === pduType.associateRequest) socket.write(acceptFirst);
      const endOfDataset = type === pduType.data && (body[5]! & 3) === 2;
      if (!endOfDataset) return;
      answered += 1;
      socket.write(fragment(1, true, true, encodeCommandSet({ commandField: 0x8001, messageIDBeingRespondedTo: answered, status: 0, hasDataset: false })));
    });
    expect(await send(port)).toEqual(['sent', 'sent']);
  });

  it('is cancelled while it waits', async () => {
    const abort = new AbortController();
    const port = await scripted((type, socket) => {
      if (type === pduType.associateRequest) socket.write(acceptFirst);
      else abort.abort();
    });
    const outcomes = await sendInstances({ ...to(port), signal: abort.signal, instances: [1, 2, 3].map(() => outgoing(ctInstance())) });
    expect(codes(outcomes)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
  });
});
