/** A real Orthanc with its DICOMweb plugin, on free ports, keeping everything in a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { until } from './until.ts';

export interface Orthanc {
  readonly pid: number;
  readonly httpUrl: string;
  readonly dicomPort: number;
  readonly dicomWebUrl: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** Part 10 bytes of an instance by Orthanc's own identifier. */
  file(instance: string): Promise<Uint8Array>;
  stop(): Promise<void>;
}

/**
 * DCMTK, which Orthanc is built on, writes a message in small pieces; without this each answer waits for the other
 * side's delayed acknowledgement (40 ms on Linux).
 */
export const withoutNagle = { TCP_NODELAY: '1' } as const;

/** `settings` go over the usual ones in Orthanc's configuration. */
export async function startOrthanc(
  modalities: Readonly<Record<string, readonly [aeTitle: string, host: string, port: number] | Readonly<Record<string, unknown>>>> = {}, settings: Readonly<Record<string, unknown>> = {},
): Promise<Orthanc> {
  const folder = await mkdtemp(join(tmpdir(), 'phoi-orthanc-'));
  const [httpPort, dicomPort] = [await freePort(), await freePort()];
  const config = {
    Name: 'PACS', StorageDirectory: join(folder, 'db'), IndexDirectory: join(folder, 'db'),
    HttpPort: httpPort, DicomPort: dicomPort, DicomAet: 'ORTHANC', RemoteAccessAllowed: true, AuthenticationEnabled: false,
    DicomModalities: modalities, DicomAlwaysAllowStore: true, StableAge: 1, Plugins: ['/usr/share/orthanc/plugins/libOrthancDicomWeb.so'],
    DicomWeb: { Enable: true, Root: '/dicom-web/' },
    ...settings,
  };
  const path = join(folder, 'orthanc.json');
  await writeFile(path, JSON.stringify(config));
  const child = spawn('Orthanc', [path], { stdio: ['ignore', 'ignore', 'ignore'], env: { ...process.env, ...withoutNagle, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` } });
  const exited = once(child, 'exit');
  const httpUrl = `http://127.0.0.1:${httpPort}`;
  async function request(path_: string, init?: RequestInit): Promise<Response> {
    const response = await fetch(httpUrl + path_, init);
    if (!response.ok) throw new Error(`Orthanc ${path_}: ${response.status} ${await response.text()}`);
    return response;
  }
  await until('the start of Orthanc', async () => (await request('/system')).ok);
  return {
    pid: child.pid!, httpUrl, dicomPort, dicomWebUrl: `${httpUrl}/dicom-web`,
    get: async <T>(path_: string) => (await request(path_)).json() as Promise<T>,
    post: async <T>(path_: string, body: unknown) =>
      (await request(path_, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })).json() as Promise<T>,
    file: async (instance) => new Uint8Array(await (await request(`/instances/${instance}/file`)).arrayBuffer()),
    async stop() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
