import { problemFrom, RequestError } from './problem.ts';
import type { Report, Study, StudyState, SystemInfo, WorklistPage } from './types.ts';

async function send(path: string, init: { readonly method?: string; readonly signal?: AbortSignal; readonly accept?: string } = {}): Promise<Response> {
  const { accept = 'application/json', ...rest } = init;
  let response: Response;
  try {
    response = await fetch(path, { ...rest, headers: { Accept: accept } });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new RequestError('NETWORK', 0, '', undefined, error);
  }
  if (!response.ok) throw problemFrom(response.status, await response.text());
  return response;
}

async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal === undefined ? {} : { signal });
  return (await response.json()) as T;
}

async function post(path: string): Promise<void> {
  await send(path, { method: 'POST' });
}

const study = (uid: string): string => `/api/v1/studies/${encodeURIComponent(uid)}`;

/** Every page of at most `limit` (1–500). */
export function getWorklist(
  query: { readonly search: string; readonly states: readonly StudyState[]; readonly limit: number; readonly offset: number },
  signal?: AbortSignal,
): Promise<WorklistPage> {
  const parameters = new URLSearchParams({ limit: String(query.limit), offset: String(query.offset), order: 'urgency' });
  if (query.search !== '') parameters.set('search', query.search);
  for (const state of query.states) parameters.append('state', state);
  return getJson(`/api/v1/worklist?${parameters.toString()}`, signal);
}

export function getSystem(): Promise<SystemInfo> {
  return getJson('/api/v1/system');
}

export function getStudy(studyInstanceUID: string): Promise<Study> {
  return getJson(study(studyInstanceUID));
}

export function getReport(studyInstanceUID: string, sopInstanceUID: string): Promise<Report> {
  return getJson(`${study(studyInstanceUID)}/reports/${encodeURIComponent(sopInstanceUID)}`);
}

export function completeNow(studyInstanceUID: string): Promise<void> {
  return post(`${study(studyInstanceUID)}/complete`);
}

export function reanalyse(studyInstanceUID: string): Promise<void> {
  return post(`${study(studyInstanceUID)}/reanalyse`);
}

export function resendDelivery(id: string): Promise<void> {
  return post(`/api/v1/deliveries/${encodeURIComponent(id)}/resend`);
}

/** DICOM JSON of every instance of a series (WADO-RS metadata, PS3.18 10.4). */
export async function getSeriesMetadata(studyInstanceUID: string, seriesInstanceUID: string): Promise<readonly unknown[]> {
  const response = await send(`${wadoSeries(studyInstanceUID, seriesInstanceUID)}/metadata`, { accept: 'application/dicom+json' });
  return (await response.json()) as readonly unknown[];
}

export function wadoSeries(studyInstanceUID: string, seriesInstanceUID: string): string {
  return `/dicom-web/studies/${encodeURIComponent(studyInstanceUID)}/series/${encodeURIComponent(seriesInstanceUID)}`;
}
