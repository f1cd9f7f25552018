import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { holds, matchesPattern, type Condition, type RoutingFacts } from '../../src/delivery/condition.ts';
import type { DeclaredDestination } from '../../src/delivery/destination.ts';
import { createRouter, type RoutedObject, type Router } from '../../src/delivery/router.ts';
import { startDelivery } from '../../src/delivery/delivery.ts';
import { resolveDestinations, type PeerAddress } from '../../src/delivery/resolve-destinations.ts';
import { AppError } from '../../src/errors.ts';
import type { StudyIndex } from '../../src/index/port.ts';
import { openSqliteIndex } from '../../src/index/sqlite-index.ts';
import { silentLog } from '../../src/log.ts';
import { until } from '../helpers/until.ts';
import { record } from '../index/records.ts';

const ct = record({ attributes: { StationName: ['CT-ER-1'], InstitutionName: ['Bệnh viện Bạch Mai'], PatientAge: ['067Y'], StudyDate: ['20260102'], KVP: [120], ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'] } }).header;
const scout = record({ attributes: { StationName: ['CT-ER-1'], ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'], KVP: [80] } }).header;
const nodule = (diameterMm: number, type = 'solid') => ({ diameterMm, type });
const facts = (findings: RoutingFacts['findings'], change: Partial<RoutingFacts> = {}): RoutingFacts =>
  ({ headers: [ct], sendingAETitles: ['CT1'], priority: 'routine', ...(findings === undefined ? {} : { findings }), ...change });
const nothingFound = facts([]);
const notAnalysed = facts(undefined);
const three = facts([nodule(4), nodule(7.5, 'ground-glass'), nodule(12, 'part-solid')]);

/** Settings that pass the schema are what is judged: a condition that the service would refuse proves nothing. */
function declared(when: unknown): Condition {
  const { destinations } = loadConfig(JSON.stringify({ destinations: [{ name: 'x', kind: 'dimse', host: 'h', port: 1, aeTitle: 'X', rules: [{ name: 'rule', when }] }] }), {});
  return (destinations[0] as DeclaredDestination).rules![0]!.when;
}

describe('conditions', () => {
  it.each<[string, unknown, RoutingFacts, boolean]>([
    ['a station by name', { attributes: [{ name: 'StationName', equals: ['CT-ER-1', 'CT-ER-2'] }] }, three, true],
    ['another station', { attributes: [{ name: 'StationName', equals: ['ct-er-1'] }] }, three, false],
    ['a pattern, any case', { attributes: [{ name: 'StationName', matches: ['ct-er-?'] }] }, three, true],
    ['an institution in Vietnamese, composed or not', { attributes: [{ name: 'InstitutionName', matches: ['*BẠCH MAI'.normalize('NFD')] }] }, three, true],
    ['a tag in hexadecimal', { attributes: [{ name: '00081010', equals: ['CT-ER-1'] }] }, three, true],
    ['any of several values', { attributes: [{ name: 'ImageType', equals: ['AXIAL'] }] }, three, true],
    ['a person name', { attributes: [{ name: 'PatientName', matches: ['nguyễn*'] }] }, three, true],
    ['a number within bounds', { attributes: [{ name: 'KVP', atLeast: 100, atMost: 120 }] }, three, true],
    ['a number out of bounds', { attributes: [{ name: 'KVP', atMost: 119 }] }, three, false],
    ['a text is no number', { attributes: [{ name: 'StationName', atMost: 119 }] }, three, false],
    ['a date', { attributes: [{ name: 'StudyDate', atLeast: 20260101 }] }, three, true],
    ['an absent attribute', { attributes: [{ name: 'BodyPartThickness', present: false }] }, three, true],
    ['a present attribute', { attributes: [{ name: 'StationName', present: true }] }, three, true],
    ['an attribute that is there, asked to be absent', { attributes: [{ name: 'StationName', present: false }] }, three, false],
    ['an absent attribute equals nothing', { attributes: [{ name: 'BodyPartThickness', equals: [''] }] }, three, false],
    ['attributes of one series together', { attributes: [{ name: 'ImageType', equals: ['LOCALIZER'] }, { name: 'KVP', equals: ['80'] }] }, facts([], { headers: [ct, scout] }), true],
    ['attributes of two series do not add up', { attributes: [{ name: 'ImageType', equals: ['LOCALIZER'] }, { name: 'KVP', equals: ['120'] }] }, facts([], { headers: [ct, scout] }), false],
    ['the sender', { sendingAE: ['MR1', 'CT1'] }, three, true],
    ['another sender', { sendingAE: ['ct1'] }, three, false],
    ['urgent', { priority: 'stat' }, facts([], { priority: 'stat' }), true],
    ['not urgent', { priority: 'stat' }, three, false],
    ['analysed with nothing found', { findings: { status: 'analysed' } }, nothingFound, true],
    ['not analysed', { findings: { status: 'not-analysed' } }, notAnalysed, true],
    ['analysed, asked for not', { findings: { status: 'not-analysed' } }, nothingFound, false],
    ['not analysed is not analysed', { findings: { status: 'analysed' } }, notAnalysed, false],
    ['no finding', { findings: { count: { atMost: 0 } } }, nothingFound, true],
    ['not analysed has not zero findings', { findings: { count: { atMost: 0 } } }, notAnalysed, false],
    ['not analysed has not less than three findings', { findings: { count: { atMost: 2 } } }, notAnalysed, false],
    ['at least three', { findings: { count: { atLeast: 3 } } }, three, true],
    ['at most two', { findings: { count: { atMost: 2 } } }, three, false],
    ['a large one', { findings: { diameterMm: { atLeast: 12 } } }, three, true],
    ['none so large', { findings: { diameterMm: { atLeast: 12.01 } } }, three, false],
    ['none at all is not small', { findings: { diameterMm: { atMost: 6 } } }, nothingFound, false],
    ['a type', { findings: { types: ['part-solid', 'calcified'] } }, three, true],
    ['type and size of the same nodule', { findings: { types: ['solid'], diameterMm: { atLeast: 7 } } }, three, false],
    ['how many of a kind', { findings: { diameterMm: { atLeast: 6 }, count: { atLeast: 2 } } }, three, true],
    ['how many of a kind, too few', { findings: { diameterMm: { atLeast: 8 }, count: { atLeast: 2 } } }, three, false],
    ['all', { all: [{ sendingAE: ['CT1'] }, { priority: 'stat' }] }, three, false],
    ['any', { any: [{ sendingAE: ['CT1'] }, { priority: 'stat' }] }, three, true],
    ['not', { not: { sendingAE: ['CT1'] } }, three, false],
    ['side by side means together', { sendingAE: ['CT1'], priority: 'stat' }, three, false],
    ['nested', { any: [{ all: [{ not: { priority: 'stat' } }, { findings: { count: { atLeast: 1 } } }] }] }, three, true],
  ])('%s', (_name, when, given, expected) => {
    expect(holds(declared(when), given)).toBe(expected);
  });

  it.each<[string, unknown, string]>([
    ['no condition at all', {}, 'rules.0.when'],
    ['an unknown key', { station: 'CT1' }, 'rules.0.when'],
    ['a misspelt attribute', { any: [{ attributes: [{ name: 'StationNme', equals: ['x'] }] }] }, 'StationNme'],
    ['an attribute without a test', { attributes: [{ name: 'StationName' }] }, 'rules.0.when.attributes.0'],
    ['an unknown type of nodule', { findings: { types: ['cavitary'] } }, 'rules.0.when.findings.types.0'],
    ['a negation of nothing', { not: {} }, 'rules.0.when.not'],
    ['code', { attributes: [{ name: 'StationName; process.exit()', equals: ['x'] }] }, 'rules.0.when.attributes.0.name'],
  ])('are refused when the service starts: %s', (_name, when, named) => {
    expect(() => declared(when)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(named) as string }) as Error);
  });

  it('a pattern of many stars ends quickly and means the same as a regular expression', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 12 }), fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }), (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('?', '.').replaceAll(/\*+/gu, '.*')}$`, 'u');
      expect(matchesPattern(text, pattern)).toBe(expression.test(text));
    }));
    expect(matchesPattern('a'.repeat(20_000), `${'*a'.repeat(200)}*b`)).toBe(false);
  });
});

describe('the router', () => {
  const study = '1.2.3';
  const objects: readonly RoutedObject[] = [
    { role: 'sr', sopInstanceUID: '2.25.1' }, { role: 'seg', sopInstanceUID: '2.25.2' }, { role: 'pdf', sopInstanceUID: '2.25.3', language: 'en' },
    { role: 'pdf', sopInstanceUID: '2.25.4', language: 'vi' }, { role: 'review-sr', sopInstanceUID: '2.25.5' },
  ];
  let folder: string;
  let index: StudyIndex;
  let woken: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoi-routing-'));
    index = await openSqliteIndex(join(folder, 'index.sqlite'));
    woken = 0;
    await index.addInstance(record({ study, instance: '1.2.3.1.1', attributes: { StationName: ['CT1'] } }), { transport: 'dimse', callingAETitle: 'CT1', remoteAddress: '10.0.0.5' });
    await index.addInstance(record({ study, series: '1.2.3.2', instance: '1.2.3.2.1', attributes: { StationName: ['CT2'] } }), { transport: 'dimse', callingAETitle: 'GATEWAY', remoteAddress: '10.0.0.6' });
  });
  afterEach(async () => {
    await index.close();
    await rm(folder, { recursive: true, force: true });
  });

  const router = (destinations: readonly DeclaredDestination[], peers: readonly PeerAddress[] = []): Router =>
    createRouter({ index, destinations, peers, log: silentLog(), onDeliveries: () => { woken += 1; } });
  const dimse = (name: string, profile: Partial<DeclaredDestination> = {}): DeclaredDestination => ({ name, host: 'h', port: 104, aeTitle: 'X', ...profile, kind: 'dimse' });
  const went = async (destination?: string): Promise<readonly string[]> => (await index.deliveries(study))
    .filter((delivery) => destination === undefined || delivery.destination === destination).map(({ role, sopInstanceUID }) => `${role} ${sopInstanceUID.slice(5)}`);

  it('gives everything to a destination without wishes, once, however often it is asked', async () => {
    const { route } = router([dimse('pacs')]);
    await route({ studyInstanceUID: study, objects });
    await route({ studyInstanceUID: study, objects });
    expect(await went('pacs')).toEqual(['sr 1', 'seg 2', 'pdf 3', 'pdf 4', 'review-sr 5']);
    expect(woken).toBe(2);
  });

  it.each<[string, Partial<DeclaredDestination>, readonly string[]]>([
    ['roles', { roles: ['pdf', 'seg'] }, ['seg 2', 'pdf 3', 'pdf 4']],
    ['a report, whoever wrote it', { roles: ['sr'] }, ['sr 1', 'review-sr 5']],
    ['the signed report', { roles: ['review-sr'] }, ['review-sr 5']],
    ['what was signed', { roles: ['review-*'] }, ['review-sr 5']],
    ['what the AI made', { roles: ['ai-*'] }, ['sr 1', 'seg 2', 'pdf 3', 'pdf 4']],
    ['no report, whoever wrote it', { exceptRoles: ['sr', 'pdf'] }, ['seg 2']],
    ['nothing signed', { exceptRoles: ['review-*', 'pdf'] }, ['sr 1', 'seg 2']],
    ['all roles but some', { exceptRoles: ['pdf', 'seg'] }, ['sr 1', 'review-sr 5']],
    ['a language', { roles: ['ai-sr', 'pdf'], language: 'vi' }, ['sr 1', 'pdf 4']],
    ['a rule that holds', { rules: [{ name: 'big', when: { findings: { diameterMm: { atLeast: 8 } } } }], roles: ['ai-sr'] }, ['sr 1']],
    ['a rule that does not hold', { rules: [{ name: 'none', when: { findings: { count: { atMost: 0 } } } }] }, []],
    ['the first rule with the role', { rules: [{ name: 'none', when: { findings: { count: { atMost: 0 } } } }, { name: 'any', when: { sendingAE: ['GATEWAY'] }, roles: ['seg'] }] }, ['seg 2']],
  ])('heeds %s', async (_name, profile, expected) => {
    await router([dimse('board', profile)]).route({ studyInstanceUID: study, objects, findings: [nodule(9)] });
    expect(await went('board')).toEqual(expected);
  });

  it('judges attributes by the analysed series alone', async () => {
    const rules = (station: string) => [{ name: station, when: { attributes: [{ name: 'StationName', equals: [station] }] } }];
    const { route } = router([dimse('one', { rules: rules('CT1') }), dimse('two', { rules: rules('CT2') })]);
    await route({ studyInstanceUID: study, objects: objects.slice(0, 1), findings: [], seriesInstanceUID: '1.2.3.2' });
    expect(await went('one')).toEqual([]);
    expect(await went('two')).toEqual(['sr 1']);
  });

  it('sends back to every sender that has an address, and says which has none', async () => {
    const back: DeclaredDestination = { name: 'back', kind: 'sender', roles: ['ai-sr'] };
    await router([back], [{ aeTitle: 'CT1', address: '10.0.0.5', port: 11112 }, { aeTitle: 'GATEWAY', address: '10.0.0.0/8' }]).route({ studyInstanceUID: study, objects });
    expect(await index.deliveries(study)).toMatchObject([
      { destination: 'back/CT1', state: 'waiting' },
      { destination: 'back/GATEWAY', state: 'waiting', lastErrorCode: 'DELIVERY_SENDER_UNKNOWN', lastError: expect.stringContaining('GATEWAY') as string },
    ]);
    expect((await index.deliveries(study))[0]!.lastErrorCode).toBeUndefined();
  });

  it('sends back what waited as soon as the sender has an address, and says until then what is missing', async () => {
    const back: DeclaredDestination = { name: 'back', kind: 'sender' };
    const options = { index, archive: { stream: async () => { throw new AppError('ARCHIVE_NOT_FOUND', 'none'); } }, aeTitle: 'PHOI', log: silentLog(), pollMs: 50 };
    await router([back], []).route({ studyInstanceUID: study, objects: objects.slice(0, 1) });
    const without = startDelivery({ ...options, destinations: resolveDestinations([back], []) });
    await without.close();
    expect((await index.deliveries(study)).map(({ state, lastErrorCode }) => `${state} ${lastErrorCode}`)).toEqual(Array(2).fill('waiting DELIVERY_SENDER_UNKNOWN'));
    // Where it is taken up it fails here, since the object does not exist: nobody else would have touched it.
    const withOne = startDelivery({ ...options, destinations: resolveDestinations([back], [{ aeTitle: 'CT1', host: '127.0.0.1', port: 1 }]) });
    await until('one taken up', async () => (await index.deliveries(study)).some(({ destination, state, lastErrorCode }) => destination === 'back/CT1' && state === 'failed' && lastErrorCode === 'ARCHIVE_NOT_FOUND'));
    await withOne.close();
    expect((await index.deliveries(study)).find(({ destination }) => destination === 'back/GATEWAY')).toMatchObject({ state: 'waiting', lastErrorCode: 'DELIVERY_SENDER_UNKNOWN' });
  });

  it('says of a study that nobody sent by DIMSE that it cannot go back', async () => {
    await index.addInstance(record({ study: '1.2.4' }), { transport: 'upload' });
    await router([{ name: 'back', kind: 'sender' }]).route({ studyInstanceUID: '1.2.4', objects: objects.slice(0, 1) });
    expect(await index.deliveries('1.2.4')).toMatchObject([{ destination: 'back', state: 'failed', lastErrorCode: 'DELIVERY_SENDER_UNKNOWN' }]);
  });

  it('keeps what a destination that is switched off would get', async () => {
    await router([dimse('pacs', { enabled: false })]).route({ studyInstanceUID: study, objects: objects.slice(0, 1) });
    expect(await index.deliveries(study)).toMatchObject([{ destination: 'pacs', state: 'waiting', lastErrorCode: 'DELIVERY_DESTINATION_DISABLED' }]);
  });

  it('knows as senders those who sent again what was there, and nobody for our own objects', async () => {
    await index.addInstance(record({ study, instance: '2.25.9', own: true }), { transport: 'dimse', callingAETitle: 'PACS', remoteAddress: '10.0.0.9' });
    await index.addSource(study, { transport: 'dimse', callingAETitle: 'ARCHIVE', remoteAddress: '10.0.0.7' });
    await index.addSource(study, { transport: 'dimse', callingAETitle: 'ARCHIVE', remoteAddress: '10.0.0.7' });
    await index.addSource(study, { transport: 'internal' });
    expect((await index.sources(study)).map(({ callingAETitle }) => callingAETitle).sort()).toEqual(['ARCHIVE', 'CT1', 'GATEWAY']);
  });
});
