import { problemFrom, RequestError } from './problem.ts';
import type { Report, Study, SystemInfo, WorklistPage } from './types.ts';

interface Sent {
  readonly method?: string;
  readonly signal?: AbortSignal;
  readonly accept?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** The request may outlive the page. */
  readonly keepalive?: boolean;
  readonly priority?: 'high' | 'low';
}

const unauthorized = new Set<() => void>();

/** Calls the listener when the server no longer knows who this is. */
export function onUnauthorized(listener: () => void): void {
  unauthorized.add(listener);
}

/** Sends a request; errors are {@link RequestError} with the server's code, or NETWORK. */
export async function send(path: string, init: Sent = {}): Promise<Response> {
  const { accept = 'application/json', json, ...rest } = init;
  let response: Response;
  try {
    response = await fetch(path, json === undefined
      ? { ...rest, headers: { Accept: accept } }
      : { ...rest, headers: { 'Accept': accept, 'Content-Type': 'application/json' }, body: JSON.stringify(json) });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new RequestError('NETWORK', 0, '', undefined, error);
  }
  if (!response.ok) {
    const problem = problemFrom(response.status, await response.text());
    if (problem.code === 'HTTP_UNAUTHORIZED') for (const listener of unauthorized) listener();
    throw problem;
  }
  return response;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal === undefined ? {} : { signal });
  return (await response.json()) as T;
}

/** A request with a JSON body and a JSON answer; undefined for an answer without content. */
export async function sendJson<T>(method: string, path: string, json?: unknown, keepalive = false): Promise<T> {
  const response = await send(path, { method, ...(json === undefined ? {} : { json }), keepalive });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function post(path: string): Promise<void> {
  await send(path, { method: 'POST' });
}

export const studyPath = (uid: string): string => `/api/v1/studies/${encodeURIComponent(uid)}`;

/** A page of the worklist; `parameters` are those of `GET /worklist` in docs/api.md. */
export function getWorklist(parameters: URLSearchParams, signal?: AbortSignal): Promise<WorklistPage> {
  return getJson(`/api/v1/worklist?${parameters.toString()}`, signal);
}

/** The study's place in the queue and in the worklist. */
export async function setPriority(studyInstanceUID: string, priority: 'stat' | 'routine'): Promise<void> {
  await send(`${studyPath(studyInstanceUID)}/priority`, { method: 'POST', json: { priority } });
}

export function getSystem(): Promise<SystemInfo> {
  return getJson('/api/v1/system');
}

export function getStudy(studyInstanceUID: string): Promise<Study> {
  return getJson(studyPath(studyInstanceUID));
}

export function getReport(studyInstanceUID: string, sopInstanceUID: string): Promise<Report> {
  return getJson(`${studyPath(studyInstanceUID)}/reports/${encodeURIComponent(sopInstanceUID)}`);
}

/** The finding at the head of the list with its surroundings, 96 × 96 pixels. */
export function thumbnailUrl(studyInstanceUID: string): string {
  return `${studyPath(studyInstanceUID)}/thumbnail`;
}

export function completeNow(studyInstanceUID: string): Promise<void> {
  return post(`${studyPath(studyInstanceUID)}/complete`);
}

export function reanalyse(studyInstanceUID: string): Promise<void> {
  return post(`${studyPath(studyInstanceUID)}/reanalyse`);
}

export function resendDelivery(id: string): Promise<void> {
  return post(`/api/v1/deliveries/${encodeURIComponent(id)}/resend`);
}

/** DICOM JSON of every instance of a series (WADO-RS metadata, PS3.18 10.4). */
export async function getSeriesMetadata(studyInstanceUID: string, seriesInstanceUID: string): Promise<readonly unknown[]> {
  const response = await send(`${wadoSeries(studyInstanceUID, seriesInstanceUID)}/metadata`, { accept: 'application/dicom+json' });
  return (await response.json()) as readonly unknown[];
}

/** A bulk value of an instance as it is, pixel data decoded frame by frame (PS3.18 10.4.1.1.5). */
export async function getBulkData(studyInstanceUID: string, seriesInstanceUID: string, sopInstanceUID: string, elementTag: string): Promise<ArrayBuffer> {
  const response = await send(`${wadoSeries(studyInstanceUID, seriesInstanceUID)}/instances/${encodeURIComponent(sopInstanceUID)}/bulkdata/${elementTag}`, { accept: 'application/octet-stream' });
  return response.arrayBuffer();
}

export function wadoSeries(studyInstanceUID: string, seriesInstanceUID: string): string {
  return `/dicom-web/studies/${encodeURIComponent(studyInstanceUID)}/series/${encodeURIComponent(seriesInstanceUID)}`;
}
