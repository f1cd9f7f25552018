import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echo } from '../../src/dimse/echo.ts';
import { sendInstances } from '../../src/dimse/send-instances.ts';
import { startOrthanc, type Orthanc } from '../helpers/orthanc.ts';
import { hasPrograms } from '../helpers/peers.ts';
import { freePort } from '../helpers/ports.ts';
import { until } from '../helpers/until.ts';
import { ctImageStorage, ctInstance } from './helpers/instances.ts';
import { startRealService, type RealService } from './helpers/real-service.ts';

describe.runIf(hasPrograms('Orthanc'))('with Orthanc as the PACS', () => {
  let orthanc: Orthanc;
  let service: RealService;

  beforeAll(async () => {
    const port = await freePort();
    orthanc = await startOrthanc({ phoi: ['PHOI', '127.0.0.1', port] });
    service = await startRealService({ port, peers: [{ aeTitle: 'ORTHANC', address: '127.0.0.1', port: orthanc.dicomPort }] });
  });
  afterAll(async () => {
    await service.stop();
    await orthanc.stop();
  });

  const upload = async (bytes: Uint8Array): Promise<string> => {
    const response = await fetch(`${orthanc.httpUrl}/instances`, { method: 'POST', body: Buffer.from(bytes) });
    return ((await response.json()) as { ID: string }).ID;
  };
  const pacs = () => ({ host: '127.0.0.1', port: orthanc.dicomPort, calledAETitle: 'ORTHANC', callingAETitle: 'PHOI' });

  it('each answers the other one\'s echo', async () => {
    await orthanc.post('/modalities/phoi/echo', {});
    expect(await echo(pacs())).toBeGreaterThan(0);
  });

  it('stores what Orthanc pushes, once, however often it is pushed', async () => {
    const instances = [1, 2, 3].map((instanceNumber) => ctInstance({ instanceNumber, studyInstanceUID: '1.2.826.0.1.1' }));
    const ids = [];
    for (const { bytes } of instances) ids.push(await upload(bytes));
    for (let round = 0; round < 2; round += 1) {
      const job = await orthanc.post<{ FailedInstancesCount: number; InstancesCount: number }>('/modalities/phoi/store', ids);
      expect(job).toMatchObject({ FailedInstancesCount: 0, InstancesCount: 3 });
    }
    const stored = await service.index.instances({ studyInstanceUID: '1.2.826.0.1.1' });
    expect(stored.map(({ sopInstanceUID }) => sopInstanceUID).sort()).toEqual(instances.map(({ sopInstanceUID }) => sopInstanceUID).sort());
    expect((await service.index.study('1.2.826.0.1.1'))!.conflictCount).toBe(0);
  });

  it('commits to what it has, and says what it has not', async () => {
    const instance = ctInstance({ studyInstanceUID: '1.2.826.0.1.2' });
    const id = await upload(instance.bytes);
    await orthanc.post('/modalities/phoi/store', [id]);
    const verdict = async (body: unknown) => {
      const { Path: path } = await orthanc.post<{ Path: string }>('/modalities/phoi/storage-commitment', body);
      return until('the report', async () => {
        const answer = await orthanc.get<{ Status: string; Success: readonly unknown[]; Failures: readonly { readonly SOPInstanceUID: string; readonly FailureReason: number }[] }>(path);
        return answer.Status !== 'Pending' && answer;
      });
    };
    expect(await verdict({ Resources: [id] })).toMatchObject({ Status: 'Success', Success: [{ SOPInstanceUID: instance.sopInstanceUID }] });
    const partial = await verdict({ DicomInstances: [[ctImageStorage, instance.sopInstanceUID], [ctImageStorage, '1.2.3.4.5']] });
    expect(partial).toMatchObject({ Status: 'Failure', Success: [{ SOPInstanceUID: instance.sopInstanceUID }], Failures: [{ SOPInstanceUID: '1.2.3.4.5', FailureReason: 0x0112 }] });
    await until('the end of the transactions', async () => (await service.commitments.list()).length === 0);
  });

  it('stores with commitment in one step, as modalities do', async () => {
    const id = await upload(ctInstance({ studyInstanceUID: '1.2.826.0.1.3' }).bytes);
    const job = await orthanc.post<{ StorageCommitmentTransactionUID: string }>('/modalities/phoi/store', { Resources: [id], StorageCommitment: true });
    const path = `/storage-commitment/${job.StorageCommitmentTransactionUID}`;
    const answer = await until('the report', async () => {
      const found = await orthanc.get<{ Status: string }>(path);
      return found.Status !== 'Pending' && found;
    });
    expect(answer.Status).toBe('Success');
  });

  it('gets what we send, and a second time without a complaint', async () => {
    const instance = ctInstance({ studyInstanceUID: '1.2.826.0.1.4' });
    const { sopClassUID, sopInstanceUID, transferSyntaxUID, bytes } = instance;
    const outgoing = { sopClassUID, sopInstanceUID, transferSyntaxUID, open: async () => (async function* () { yield bytes; })() };
    for (let round = 0; round < 2; round += 1) {
      expect((await sendInstances({ ...pacs(), instances: [outgoing] })).map(({ state }) => state)).toEqual(['sent']);
    }
    expect(await orthanc.post('/tools/lookup', sopInstanceUID)).toHaveLength(1);
  });
});
