import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/settings.ts';
import { makeSbom } from '../../src/supply-chain/sbom.ts';
import { freePort } from '../helpers/ports.ts';
import { run } from '../helpers/run.ts';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly dev?: boolean; readonly optional?: boolean; readonly peer?: boolean; readonly name?: string }>>;
}

async function productionPackages(): Promise<ReadonlyMap<string, string>> {
  const { packages } = JSON.parse(await readFile(join(projectRoot, 'package-lock.json'), 'utf8')) as Lock;
  return new Map(Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { name, version }]) => [`${name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`, path]));
}

describe('the bill of materials', () => {
  it('names every package of a production installation and every file of the models by hash, and no tool of the developers', async () => {
    const bill = await makeSbom();
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'phoi', type: 'application' } } });
    const named = new Set(bill.components.map(({ name, version }) => `${name}@${version ?? ''}`));
    const expected = await productionPackages();
    expect(expected.size).toBeGreaterThan(50);
    expect([...expected.keys()].filter((each) => !named.has(each))).toEqual([]);
    expect([...named].filter((each) => each.startsWith('vitest@') || each.startsWith('eslint@'))).toEqual([]);
    const refs = new Set([bill.metadata.component, ...bill.components].map((component) => component['bom-ref']));
    expect(bill.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]).filter((ref) => !refs.has(ref))).toEqual([]);
    const detector = bill.components.find(({ name, type }) => name === 'lung-nodule-detector' && type === 'machine-learning-model')!;
    const graph = await readFile(join(projectRoot, 'models/lung-nodule-detector/model.onnx'));
    expect(detector.components!.find(({ name }) => name === 'model.onnx')!.hashes).toEqual([{ alg: 'SHA-256', content: createHash('sha256').update(graph).digest('hex') }]);
  }, 60_000);
});

describe('the audit gate', () => {
  let registry: Server;
  let cache = '';
  let severity = 'high';
  let asked: string[] = [];
  beforeEach(async () => { cache = await mkdtemp(join(tmpdir(), 'phoi-npm-')); });
  afterEach(() => rm(cache, { recursive: true, force: true }));
  beforeAll(async () => {
    // The question and answer of npm's bulk advisories; what it is asked about is what is installed.
    registry = createServer((request, response) => {
      void buffer(request).then((body) => {
        const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
        if (request.url !== '/-/npm/v1/security/advisories/bulk') {
          response.writeHead(404).end('{}');
          return;
        }
        asked = Object.keys(JSON.parse(text) as object);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({
          fastify: [{ id: 1, url: 'https://example.org/advisory', title: 'invented for this test', severity, vulnerable_versions: '<999.0.0', cwe: [], cvss: { score: 8, vectorString: null } }],
        }));
      });
    }).listen(0, '127.0.0.1');
    await once(registry, 'listening');
  });
  afterAll(() => { registry.close(); });
  const audit = (port: number) => run(process.execPath, ['--disable-warning=ExperimentalWarning', join(projectRoot, 'src/supply-chain/audit.ts'), `--registry=http://127.0.0.1:${port}`, '--fetch-retries=0', `--cache=${cache}`]);
  const port = (): number => (registry.address() as AddressInfo).port;

  it('fails on a high finding in what is installed, and names it', async () => {
    const { code, stdout } = await audit(port());
    expect(stdout).toContain('high: fastify https://example.org/advisory');
    expect(code).toBe(1);
    expect(asked).toEqual(expect.arrayContaining(['fastify', 'vite']));
    expect(asked).not.toContain('vitest');
  }, 60_000);

  it('passes with a moderate one', async () => {
    severity = 'moderate';
    const { code, stdout } = await audit(port());
    expect(stdout).toMatch(/[1-9]\d* packages with known vulnerabilities, 0 of them high or critical/u);
    expect(code).toBe(0);
  }, 60_000);

  it('says that it was skipped where nobody answers', async () => {
    const { code, stdout } = await audit(await freePort());
    expect(stdout).toContain('SKIPPED: the registry did not answer the audit');
    expect(code).toBe(0);
  }, 60_000);
});
