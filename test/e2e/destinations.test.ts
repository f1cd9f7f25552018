/** The whole service toward its neighbours: TLS both ways, results confirmed, back to the sender, by rule, held back. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ctInstance, writeInstance } from '../dimse/helpers/instances.ts';
import { runProgram, startProgram } from '../dimse/helpers/programs.ts';
import { makeCertificates, type Certificates } from '../helpers/certificates.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { freePort } from '../helpers/ports.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

vi.setConfig({ testTimeout: 200_000, hookTimeout: 120_000 });

interface DestinationItem {
  readonly name: string;
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly lastErrorCode?: string;
}

describe.runIf(hasPrograms('Orthanc', 'storescu', 'storescp', 'openssl'))('the service among its neighbours', () => {
  const closers: (() => Promise<void>)[] = [];
  const study = '1.2.826.0.1.4711';
  let folder: string;
  let back: string;
  let made: Certificates;
  let orthanc: Orthanc;
  let service: TestService;
  let tlsPort: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-neighbours-'));
    back = await mkdtemp(join(tmpdir(), 'phoi-back-'));
    closers.push(() => rm(folder, { recursive: true, force: true }), () => rm(back, { recursive: true, force: true }));
    made = await makeCertificates(folder);
    tlsPort = await freePort();
    // Orthanc speaks nothing but TLS, demands our certificate, and reports over TLS.
    orthanc = await startOrthanc({ phoi: { AET: 'PHOI', Host: '127.0.0.1', Port: tlsPort, UseDicomTls: true } }, {
      DicomTlsEnabled: true, DicomTlsCertificate: made.server.certFile, DicomTlsPrivateKey: made.server.keyFile, DicomTlsTrustedCertificates: made.caFile, DicomTlsRemoteCertificateRequired: true,
    });
    closers.unshift(() => orthanc.stop());
    const storescp = await startProgram('storescp', (port) => ['-od', back, '-aet', 'CT1', String(port)]);
    closers.unshift(() => storescp.stop());
    const client = { caFile: made.caFile, ...made.client };
    service = await startTestService({
      config: {
        dicom: {
          peers: [{ aeTitle: 'CT1', address: '127.0.0.1', port: storescp.port, requireTls: true }],
          tls: { port: tlsPort, ...made.server, clientCaFile: made.caFile, requireClientCertificate: true },
        },
        destinations: [
          { name: 'pacs', kind: 'dimse', host: '127.0.0.1', port: orthanc.dicomPort, aeTitle: 'ORTHANC', tls: client, roles: ['sr'], confirm: { by: 'commitment', afterSeconds: 0.2 } },
          { name: 'back', kind: 'sender', roles: ['sr'] },
          { name: 'board', kind: 'dimse', host: '127.0.0.1', port: 1, aeTitle: 'BOARD', rules: [{ name: 'large', when: { findings: { diameterMm: { atLeast: 8 } } } }] },
          { name: 'errors', kind: 'dimse', host: '127.0.0.1', port: 1, aeTitle: 'ERRORS', enabled: false, roles: ['sr'], rules: [{ name: 'not analysed', when: { findings: { status: 'not-analysed' } } }] },
        ],
      },
    });
    closers.unshift(() => service.stop());
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });

  it('takes images only over TLS, and brings the report where it belongs', async () => {
    const file = await writeInstance(join(folder, 'ct.dcm'), ctInstance({ studyInstanceUID: study }));
    const send = (port: number, options: readonly string[]) => runProgram('storescu', ['-aet', 'CT1', '-aec', 'PHOI', ...options, '127.0.0.1', String(port), file]);
    expect((await send(service.dicomPort, [])).code).not.toBe(0);
    expect(await send(tlsPort, ['+tls', made.client.keyFile, made.client.certFile, '+cf', made.caFile])).toMatchObject({ code: 0 });
    await service.reaches(study, ['not-analysed']);
    const deliveries = await until('the report confirmed and sent back', async () => {
      const found = (await service.study(study)).deliveries;
      const state = (destination: string): string | undefined => found.find((delivery) => delivery.destination === destination)?.state;
      return state('pacs') === 'confirmed' && state('back/CT1') === 'sent' && found;
    });
    expect(deliveries.map(({ destination, role, state }) => `${destination} ${role} ${state}`).sort()).toEqual(['back/CT1 sr sent', 'errors sr waiting', 'pacs sr confirmed']);
    expect(deliveries.find(({ destination }) => destination === 'errors')).toMatchObject({ lastErrorCode: 'DELIVERY_DESTINATION_DISABLED', attempts: 0 });
    const report = (await service.study(study)).analysis!.objects.find(({ role }) => role === 'sr');
    expect(await readdir(back)).toEqual([expect.stringContaining(report!.sopInstanceUID)]);
    expect(await orthanc.post('/tools/lookup', report!.sopInstanceUID)).toHaveLength(1);
  });

  it('shows each destination with its state', async () => {
    const { items } = await service.api<{ items: readonly DestinationItem[] }>('/api/v1/destinations');
    expect(items).toMatchObject([
      { name: 'pacs', state: 'ok', tls: true, confirm: 'commitment', counts: { confirmed: 1 } },
      { name: 'back', kind: 'sender', state: 'idle' },
      { name: 'back/CT1', kind: 'sender', state: 'ok', counts: { sent: 1 } },
      { name: 'board', state: 'idle', rules: ['large'] },
      { name: 'errors', state: 'disabled', counts: { waiting: 1 } },
    ]);
  });

  it('sends a study again when asked, to one destination, and has it confirmed again', async () => {
    const body = JSON.stringify({ destination: 'pacs', states: ['confirmed'] });
    const headers = { 'content-type': 'application/json' };
    expect(await service.api(`/api/v1/studies/${study}/deliveries/resend`, { method: 'POST', body, headers })).toEqual({ count: 1 });
    await until('confirmed again', async () => (await service.study(study)).deliveries.some(({ destination, state, sentAt, createdAt }) => destination === 'pacs' && state === 'confirmed' && sentAt! > createdAt));
    expect(await service.api('/api/v1/destinations/pacs/resend', { method: 'POST' })).toEqual({ count: 0 });
  });

  it('keeps no name of the patient in its log', () => {
    expect(JSON.stringify(service.log)).not.toContain('Test^Subject');
    expect(JSON.stringify(service.log)).not.toContain('TEST-1');
  });
});
