import { appendFile, chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { items, number, text } from '../../src/dicom/access.ts';
import { put } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { encodeDataset } from '../../src/dicom/encode.ts';
import { parseDataset } from '../../src/dicom/parse.ts';
import { explicitVRLittleEndian, implicitVRLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { randomUID } from '../../src/dicom/uid.ts';
import { commandField, type CommandSet } from '../../src/dimse/command-set.ts';
import { request } from '../../src/dimse/request.ts';
import { openAssociation, type RequestedAssociation } from '../../src/dimse/requestor.ts';
import { storageCommitmentSOPClass, storageCommitmentSOPInstance } from '../../src/dimse/uids.ts';
import { freePort } from '../helpers/ports.ts';
import { until } from '../helpers/until.ts';
import { reportListener, type ReportListener } from './helpers/report-listener.ts';
import { ctImageStorage, ctInstance, type TestInstance } from './helpers/instances.ts';
import { startRealService, type RealService } from './helpers/real-service.ts';

let service: RealService;
const listeners: ReportListener[] = [];
beforeEach(async () => { service = await startRealService(); });
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
  await service.stop();
});

async function* once(bytes: Uint8Array) {
  yield bytes;
}

async function stored(count = 2): Promise<readonly TestInstance[]> {
  const instances = Array.from({ length: count }, (_, index) => ctInstance({ instanceNumber: index }));
  for (const instance of instances) await service.study.receive(once(instance.bytes), { transport: 'internal' });
  return instances;
}

function requester(transferSyntaxUID = explicitVRLittleEndian): Promise<RequestedAssociation> {
  return openAssociation(
    { host: '127.0.0.1', port: service.port, calledAETitle: 'PHOI', callingAETitle: 'MODALITY' },
    [{ id: 1, abstractSyntaxUID: storageCommitmentSOPClass, transferSyntaxUIDs: [transferSyntaxUID] }],
  );
}

function actionDataset(references: readonly { readonly sopClassUID: string; readonly sopInstanceUID: string }[], transactionUID: string = randomUID()): Dataset {
  const dataset: Dataset = {};
  put(dataset, 'TransactionUID', transactionUID);
  put(dataset, 'ReferencedSOPSequence', ...references.map(({ sopClassUID, sopInstanceUID }) => {
    const item: Dataset = {};
    put(item, 'ReferencedSOPClassUID', sopClassUID);
    put(item, 'ReferencedSOPInstanceUID', sopInstanceUID);
    return item;
  }));
  return dataset;
}

const action = (association: RequestedAssociation, dataset: Dataset | Uint8Array, change: Partial<CommandSet> = {}): Promise<CommandSet> =>
  request(association, 1, {
    commandField: commandField.nActionRequest, requestedSOPClassUID: storageCommitmentSOPClass,
    requestedSOPInstanceUID: storageCommitmentSOPInstance, actionTypeID: 1, messageID: 7, hasDataset: true, ...change,
  }, 5000, [dataset instanceof Uint8Array ? dataset : encodeDataset(dataset, association.contexts.get(1)!.transferSyntaxUID)]);

async function nextReport(association: RequestedAssociation): Promise<{ readonly command: CommandSet; readonly dataset: Dataset }> {
  const message = await association.receive(5000);
  if (message.kind !== 'message') throw new Error(`ended: ${message.kind}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of message.dataset) chunks.push(chunk);
  await association.send(1, {
    commandField: commandField.nEventReportResponse, affectedSOPClassUID: storageCommitmentSOPClass, affectedSOPInstanceUID: storageCommitmentSOPInstance,
    messageIDBeingRespondedTo: message.command.messageID!, eventTypeID: message.command.eventTypeID!, status: 0, hasDataset: false,
  });
  return { command: message.command, dataset: parseDataset(Buffer.concat(chunks), message.context.transferSyntaxUID) };
}

const uids = (dataset: Dataset, keyword: 'ReferencedSOPSequence' | 'FailedSOPSequence') => items(dataset, keyword).map((item) => text(item, 'ReferencedSOPInstanceUID'));

describe('storage commitment', () => {
  it.each([explicitVRLittleEndian, implicitVRLittleEndian])('reports on the same association while it is open (%s)', async (transferSyntaxUID) => {
    const instances = await stored();
    const association = await requester(transferSyntaxUID);
    const transactionUID = randomUID();
    expect(await action(association, actionDataset(instances, transactionUID))).toMatchObject({ status: 0, actionTypeID: 1, messageIDBeingRespondedTo: 7 });
    const { command, dataset } = await nextReport(association);
    expect(command).toMatchObject({ eventTypeID: 1, affectedSOPClassUID: storageCommitmentSOPClass, affectedSOPInstanceUID: storageCommitmentSOPInstance });
    expect(text(dataset, 'TransactionUID')).toBe(transactionUID);
    expect(uids(dataset, 'ReferencedSOPSequence')).toEqual(instances.map(({ sopInstanceUID }) => sopInstanceUID));
    await until('the end of the transaction', async () => (await service.commitments.list()).length === 0);
    await association.release();
  });

  it('says of each instance why it is not committed to', async () => {
    const [good, damaged] = await stored(2) as [TestInstance, TestInstance];
    const record = await service.index.instance(damaged.sopInstanceUID);
    const path = service.archive.path(record!.blobKey);
    await chmod(path, 0o600);
    await writeFile(path, Buffer.alloc(record!.sizeBytes));
    const association = await requester();
    await action(association, actionDataset([
      good, damaged, { sopClassUID: ctImageStorage, sopInstanceUID: '1.2.3.4' }, { sopClassUID: '1.2.840.10008.5.1.4.1.1.4', sopInstanceUID: good.sopInstanceUID },
    ]));
    const { command, dataset } = await nextReport(association);
    expect(command.eventTypeID).toBe(2);
    expect(uids(dataset, 'ReferencedSOPSequence')).toEqual([good.sopInstanceUID]);
    expect(items(dataset, 'FailedSOPSequence').map((item) => [text(item, 'ReferencedSOPInstanceUID'), number(item, 'FailureReason')])).toEqual([
      [damaged.sopInstanceUID, 0x0110], ['1.2.3.4', 0x0112], [good.sopInstanceUID, 0x0119],
    ]);
    await association.release();
  });

  it('reports on a new association, with the SCP role, when the requester has left', async () => {
    const listener = await reportListener('MODALITY');
    listeners.push(listener);
    await service.restart({ peers: [{ aeTitle: 'MODALITY', address: '127.0.0.1', port: listener.port }] });
    const instances = await stored();
    const association = await requester();
    await action(association, actionDataset(instances));
    await association.release();
    const report = await until('the report', () => listener.reports[0]);
    expect(uids(report.dataset, 'ReferencedSOPSequence')).toHaveLength(2);
    expect(report.roles).toEqual([{ sopClassUID: storageCommitmentSOPClass, scu: false, scp: true }]);
    await until('the end of the transaction', async () => (await service.commitments.list()).length === 0);
  });

  it('keeps the report through a restart until the requester can be reached', async () => {
    const port = await freePort();
    const peers = [{ aeTitle: 'MODALITY', address: '127.0.0.1', port }];
    await service.restart({ peers });
    const association = await requester();
    const transactionUID = randomUID();
    await action(association, actionDataset(await stored(), transactionUID));
    await association.release();
    await until('a failed attempt', async () => (await service.commitments.list())[0]?.lastError?.includes('cannot be reached'));
    await service.restart({ peers });
    expect(await service.commitments.list()).toMatchObject([{ transactionUID, callingAETitle: 'MODALITY' }]);
    const listener = await reportListener('MODALITY', { port });
    listeners.push(listener);
    const report = await until('the report', () => listener.reports[0]);
    expect(text(report.dataset, 'TransactionUID')).toBe(transactionUID);
    await until('the end of the transaction', async () => (await service.commitments.list()).length === 0);
    expect(listener.reports).toHaveLength(1);
  });

  it('tries again when the requester answers the report with a failure', async () => {
    const listener = await reportListener('MODALITY', { answers: [0x0110, 0] });
    listeners.push(listener);
    await service.restart({ peers: [{ aeTitle: 'MODALITY', port: listener.port }] });
    const association = await requester();
    await action(association, actionDataset(await stored(1)));
    await association.release();
    await until('the end of the transaction', async () => (await service.commitments.list()).length === 0);
    expect(listener.reports).toHaveLength(2);
  });

  it('keeps a request whose requester has no configured port', async () => {
    const association = await requester();
    await action(association, actionDataset(await stored(1)));
    await association.release();
    await until('an attempt', async () => (await service.commitments.list())[0]?.lastError?.includes('No port is configured'));
  });

  it('does not stumble over a damaged note of a request', async () => {
    await writeFile(join(service.dataDir, 'commitment', 'damaged.json'), '{"transactionUID": 7');
    await appendFile(join(service.dataDir, 'commitment', 'left.tmp'), 'x');
    await service.restart();
    expect(await service.commitments.list()).toEqual([]);
    const association = await requester();
    expect((await action(association, actionDataset(await stored(1)))).status).toBe(0);
    expect((await nextReport(association)).command.eventTypeID).toBe(1);
    await association.release();
  });

  const reference = { sopClassUID: ctImageStorage, sopInstanceUID: '1.2.3.4' };
  it.each<readonly [string, Dataset | Uint8Array, Partial<CommandSet>, number]>([
    ['another SOP class', actionDataset([reference]), { requestedSOPClassUID: ctImageStorage }, 0x0118],
    ['another SOP instance', actionDataset([reference]), { requestedSOPInstanceUID: '1.2.3' }, 0x0112],
    ['another action', actionDataset([reference]), { actionTypeID: 2 }, 0x0123],
    ['no references', actionDataset([]), {}, 0x0115],
    ['a transaction UID that is a path', (() => { const dataset = actionDataset([reference]); dataset['00081195'] = { vr: 'UI', Value: ['../../x'] }; return encodeDataset(dataset, explicitVRLittleEndian, { values: 'received' }); })(), {}, 0x0115],
    ['noise', Buffer.from('this is no data set, whatever it was announced to be'), {}, 0x0115],
  ])('refuses %s and stays open', async (_, dataset, change, status) => {
    const association = await requester();
    expect((await action(association, dataset, change)).status).toBe(status);
    expect(await service.commitments.list()).toEqual([]);
    expect((await action(association, actionDataset(await stored(1)))).status).toBe(0);
    await association.release();
  });
});
