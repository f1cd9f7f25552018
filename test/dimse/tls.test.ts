import { X509Certificate } from 'node:crypto';
import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dicomwebClient } from '../../src/dicomweb/client.ts';
import { startTlsListener } from '../../src/dimse/listen.ts';
import { startDimseScp, type DimseScp, type DimseScpOptions } from '../../src/dimse/scp.ts';
import { sendInstances } from '../../src/dimse/send-instances.ts';
import { loadClientTls, type ClientTlsFiles } from '../../src/dimse/tls.ts';
import { silentLog } from '../../src/log.ts';
import { makeCertificates, type Certificates, type KeyPair } from '../helpers/certificates.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { run } from '../helpers/run.ts';
import { until } from '../helpers/until.ts';
import { ctInstance, writeInstance } from './helpers/instances.ts';
import { runProgram, startProgram } from './helpers/programs.ts';
import { recordingStudy, type RecordingStudy } from './helpers/recording-study.ts';

const instance = ctInstance();
const outgoing = { ...instance, open: async () => (async function* () { yield instance.bytes; })() };

describe.runIf(hasPrograms('openssl'))('TLS', () => {
  let folder: string;
  let made: Certificates;
  let file: string;
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-tls-'));
    made = await makeCertificates(folder);
    file = await writeInstance(join(folder, 'ct.dcm'), instance);
  }, 60_000);
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function scp(tls: Partial<DimseScpOptions['tls']> = {}, options: Partial<DimseScpOptions> = {}): Promise<DimseScp & { readonly study: RecordingStudy; readonly tlsPort: number }> {
    const study = recordingStudy();
    const started = await startDimseScp({
      host: '127.0.0.1', port: 0, aeTitle: 'PHOI', study, log: silentLog(),
      tls: { host: '127.0.0.1', port: 0, ...made.server, requireClientCertificate: false, ...tls },
      ...options,
    });
    closers.push(() => started.close());
    return { ...started, tlsPort: started.tlsPort!, study };
  }
  const demanding = () => scp({ clientCaFile: made.caFile, requireClientCertificate: true });
  const dcmtk = ({ certFile, keyFile }: KeyPair, caFile = made.caFile): readonly string[] => ['+tls', keyFile, certFile, '+cf', caFile];
  const storescu = (port: number, options: readonly string[]) => runProgram('storescu', ['-aec', 'PHOI', ...options, '127.0.0.1', String(port), file]);

  describe.runIf(hasPrograms('storescu', 'dcmsend', 'storescp'))('with DCMTK', () => {
    it.each([['downgrading', '+px'], ['non-downgrading', '+py'], ['extended', '+pz']])('takes what storescu sends with the %s BCP 195 profile and a certificate', async (_name, profile) => {
      const { tlsPort, study } = await demanding();
      expect(await storescu(tlsPort, [...dcmtk(made.client), profile])).toMatchObject({ code: 0 });
      expect(study.received).toHaveLength(1);
    });

    it('takes what storescu sends without a certificate where none is demanded', async () => {
      const { tlsPort, study } = await scp();
      expect(await storescu(tlsPort, ['+tla', '+cf', made.caFile])).toMatchObject({ code: 0 });
      expect(study.received).toHaveLength(1);
    });

    it('takes what dcmsend sends on the plain port beside', async () => {
      const { port, study } = await demanding();
      expect(await runProgram('dcmsend', ['-aec', 'PHOI', '127.0.0.1', String(port), file])).toMatchObject({ code: 0 });
      expect(study.received).toHaveLength(1);
    });

    it.each<[string, () => readonly string[]]>([
      ['without TLS on the port with TLS', () => []],
      ['without a certificate', () => ['+tla', '+cf', made.caFile]],
      ['with a certificate of another authority', () => dcmtk(made.stranger)],
      ['with an expired certificate', () => dcmtk(made.expired)],
      ['by a client that does not trust our authority', () => dcmtk(made.client, made.otherCaFile)],
      ['with the retired AES profile', () => [...dcmtk(made.client), '+pa']],
      ['with the profile that does not encrypt', () => [...dcmtk(made.client), '+pn']],
    ])('nothing is taken %s', async (_name, options) => {
      const { tlsPort, study } = await demanding();
      expect((await storescu(tlsPort, options())).code).not.toBe(0);
      expect(study.received).toHaveLength(0);
    });

    it('a certificate that is shown must hold also where none is demanded', async () => {
      const { tlsPort, study } = await scp({ clientCaFile: made.caFile });
      expect((await storescu(tlsPort, dcmtk(made.stranger))).code).not.toBe(0);
      expect(await storescu(tlsPort, dcmtk(made.client))).toMatchObject({ code: 0 });
      expect(study.received).toHaveLength(1);
    });

    it('a peer that must use TLS gets in only with it', async () => {
      const { port, tlsPort, study } = await scp({}, { peers: [{ aeTitle: 'STORESCU', requireTls: true }] });
      expect((await storescu(port, [])).output).toContain('Calling AE Title Not Recognized');
      expect(await storescu(tlsPort, ['+tla', '+cf', made.caFile])).toMatchObject({ code: 0 });
      expect(study.received).toHaveLength(1);
    });

    async function storescp(options: readonly string[]) {
      const received = await mkdtemp(join(folder, 'received-'));
      const server = await startProgram('storescp', (port) => ['-od', received, ...options, String(port)]);
      closers.push(() => server.stop());
      return { ...server, received };
    }
    const send = async (port: number, tls: ClientTlsFiles | undefined, host = '127.0.0.1') => (await sendInstances({
      host, port, calledAETitle: 'ANY', callingAETitle: 'PHOI', instances: [outgoing], ...(tls === undefined ? {} : { tls: loadClientTls(tls, host) }),
      timers: { associateMs: 3000, connectMs: 3000 },
    }))[0]!;

    it('brings an instance to storescp, which checks our certificate', async () => {
      const { port, received } = await storescp(dcmtk(made.server));
      expect(await send(port, { caFile: made.caFile, ...made.client })).toMatchObject({ state: 'sent' });
      expect(await readdir(received)).toHaveLength(1);
    });

    it('checks the name in the certificate, or the one that is set', async () => {
      const { port, received } = await storescp(dcmtk(made.namedServer));
      expect((await send(port, { caFile: made.caFile, ...made.client })).error?.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
      expect(await send(port, { caFile: made.caFile, ...made.client, serverName: 'pacs.example' })).toMatchObject({ state: 'sent' });
      expect(await readdir(received)).toHaveLength(1);
    });

    it.each<[string, () => KeyPair, () => ClientTlsFiles | undefined, string]>([
      ['without a certificate of our own', () => made.server, () => ({ caFile: made.caFile }), 'DIMSE_PEER_'],
      ['with an authority that did not issue theirs', () => made.server, () => ({ caFile: made.otherCaFile, ...made.client }), 'DIMSE_PEER_UNREACHABLE'],
      ['to one with an expired certificate', () => made.expired, () => ({ caFile: made.caFile, ...made.client }), 'DIMSE_PEER_UNREACHABLE'],
      ['with an expired certificate', () => made.server, () => ({ caFile: made.caFile, ...made.expired }), 'DIMSE_PEER_'],
      ['with the authorities of the system', () => made.server, () => ({ ...made.client }), 'DIMSE_PEER_UNREACHABLE'],
    ])('sends nothing %s', async (_name, theirs, ours, code) => {
      const { port, received } = await storescp(dcmtk(theirs()));
      const outcome = await send(port, ours());
      expect(outcome).toMatchObject({ state: 'failed' });
      expect(outcome.error?.code).toContain(code);
      expect(await readdir(received)).toHaveLength(0);
    });

    it('says that it was our certificate that was refused', async () => {
      const { port } = await storescp(dcmtk(made.server));
      expect((await send(port, { caFile: made.caFile })).error?.message).toMatch(/ALERT_(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|UNKNOWN_CA)/iu);
      expect((await send(port, { caFile: made.caFile, ...made.stranger })).error?.message).toMatch(/ALERT_UNKNOWN_CA/iu);
    });

    it('never falls back to plain text', async () => {
      const { port, received } = await storescp([]);
      expect((await send(port, { caFile: made.caFile })).state).toBe('failed');
      expect(await readdir(received)).toHaveLength(0);
    });
  });

  it.each([['-tls1', 'DEFAULT@SECLEVEL=0'], ['-tls1_1', 'DEFAULT@SECLEVEL=0'], ['-tls1_2', 'AES128-SHA'], ['-tls1_2', 'AES128-GCM-SHA256'], ['-tls1_2', 'ECDHE-RSA-AES128-SHA256']])('refuses %s with %s', async (version, cipher) => {
    const { tlsPort } = await scp();
    const { code, stderr } = await run('openssl', ['s_client', '-connect', `127.0.0.1:${tlsPort}`, version, '-cipher', cipher, '-CAfile', made.caFile]);
    expect(code).not.toBe(0);
    // Refused by our side: openssl was willing to say hello.
    expect(stderr).toMatch(/alert/u);
  });

  it.each([['-tls1_2', 'ECDHE-RSA-AES128-GCM-SHA256'], ['-tls1_2', 'ECDHE-RSA-AES256-GCM-SHA384'], ['-tls1_3', 'DEFAULT']])('takes %s with %s', async (version, cipher) => {
    const { tlsPort } = await scp();
    const { code, stdout } = await run('openssl', ['s_client', '-connect', `127.0.0.1:${tlsPort}`, version, '-cipher', cipher, '-CAfile', made.caFile, '-verify_return_error']);
    expect(code).toBe(0);
    expect(stdout).toContain('Verify return code: 0 (ok)');
  });

  it('ends a handshake that is never begun or never finished', async () => {
    const { tlsPort, study } = await scp({}, { limits: { artimMs: 300 } });
    const silent = connect(tlsPort, '127.0.0.1');
    await Promise.all([once(silent, 'connect'), once(silent, 'close')]);
    const [sent] = await sendInstances({ host: '127.0.0.1', port: tlsPort, calledAETitle: 'PHOI', callingAETitle: 'X', instances: [outgoing], tls: loadClientTls({ caFile: made.caFile }, '127.0.0.1') });
    expect(sent!.state).toBe('sent');
    expect(study.received).toHaveLength(1);
  });

  it('uses a certificate that is renewed while it runs, and keeps the one before while the new files are no good', async () => {
    const own = { certFile: join(folder, 'own.pem'), keyFile: join(folder, 'own.key') };
    const put = async (pair: KeyPair): Promise<void> => { for (const name of ['certFile', 'keyFile'] as const) await copyFile(pair[name], own[name]); };
    await put(made.server);
    const listener = await startTlsListener({ host: '127.0.0.1', port: 0, ...own, requireClientCertificate: false }, { accept: (socket) => socket.end(), handshakeMs: 10_000, maxConnections: 10, renewMs: 20, log: silentLog() });
    closers.push(() => listener.close());
    const shown = () => new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()!.fingerprint256);
        socket.destroy();
      });
      socket.on('error', reject);
    });
    const fingerprint = async ({ certFile }: KeyPair): Promise<string> => new X509Certificate(await readFile(certFile)).fingerprint256;
    expect(await shown()).toBe(await fingerprint(made.server));
    await put(made.namedServer);
    await until('the new certificate', async () => await shown() === await fingerprint(made.namedServer));
    await writeFile(own.certFile, 'half of a');
    expect(await shown()).toBe(await fingerprint(made.namedServer));
    await put(made.server);
    await until('the next one', async () => await shown() === await fingerprint(made.server));
  });

  it('says which file cannot be used', async () => {
    await expect(scp({ certFile: join(folder, 'none.pem') })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('none.pem') as string });
    await expect(scp({ keyFile: made.client.keyFile })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(scp({ requireClientCertificate: true })).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('clientCaFile') as string });
    expect(() => loadClientTls({ caFile: file }, 'h')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
  });

  it('DICOMweb over HTTPS trusts the authority that is set and nobody else, and shows our certificate', async () => {
    const subjects: string[] = [];
    const server = createHttpsServer({
      cert: await readFile(made.server.certFile), key: await readFile(made.server.keyFile), ca: await readFile(made.caFile), requestCert: true, rejectUnauthorized: true,
    }, (request, response) => {
      subjects.push((request.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } }).getPeerCertificate().subject.CN);
      response.writeHead(200, { 'content-type': 'application/dicom+json' }).end('[]');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/dicom-web`;
    const ask = (files: ClientTlsFiles) => dicomwebClient({ baseUrl, tls: loadClientTls(files, '127.0.0.1') }).search('studies');
    expect(await ask({ caFile: made.caFile, ...made.client })).toEqual([]);
    expect(subjects).toEqual(['client']);
    for (const files of [{ caFile: made.otherCaFile, ...made.client }, { caFile: made.caFile }, { caFile: made.caFile, ...made.stranger }, { ...made.client }]) {
      await expect(ask(files)).rejects.toMatchObject({ code: 'HTTP_UPSTREAM_FAILED' });
    }
    expect(subjects).toEqual(['client']);
  });
});
