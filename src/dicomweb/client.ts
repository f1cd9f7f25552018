/**
 * DICOMweb client (PS3.18): QIDO-RS, retrieval of instances as a stream, STOW-RS. For workers on another host and for
 * peers that are reached over HTTP.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { Agent, fetch, type buildConnector, type RequestInit, type Response } from 'undici';
import type { Dataset } from '../dicom/dataset.ts';
import { tag } from '../dicom/tags.ts';
import { AppError } from '../errors.ts';
import { takingMs } from '../slow-peer.ts';
import { parseMediaType } from './media-type.ts';
import { parseMultipart, writeMultipart } from './multipart.ts';

export interface DicomwebClientOptions {
  /** Root of the service, e.g. `https://pacs.example/dicom-web`. */
  readonly baseUrl: string;
  /** Sent with every request, e.g. Authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Given up when the answer does not begin within so long. Default 60 s. */
  readonly responseTimeoutMs?: number;
  /** The answer to an upload may take longer by what a peer that takes so much needs (`slow-peer.ts`). */
  readonly slowestBytesPerSecond?: number;
  /** For https: authorities, own certificate and the least that is accepted; Node's defaults when left out. */
  readonly tls?: ConnectionOptions;
}

export interface InstancePath {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
}

/** What a STOW-RS answer said about each instance (PS3.18 Annex I). */
export interface StoreAnswer {
  readonly status: number;
  readonly stored: readonly { readonly sopInstanceUID: string; readonly warningReason?: number }[];
  readonly failed: readonly { readonly sopInstanceUID: string; readonly failureReason?: number }[];
  /** Parts that the peer could not name. */
  readonly otherFailures: number;
}

export interface DicomwebClient {
  /** QIDO-RS; keys are keywords or tags. No match is an empty list. Errors: HTTP_UPSTREAM_FAILED. */
  search(level: 'studies' | 'series' | 'instances', query?: Readonly<Record<string, string | number>>, within?: { readonly studyInstanceUID?: string; readonly seriesInstanceUID?: string }, signal?: AbortSignal): Promise<readonly Dataset[]>;
  metadata(path: InstancePath, signal?: AbortSignal): Promise<readonly Dataset[]>;
  /**
   * The instances as Part 10 streams, as stored there (`transfer-syntax=*`). Read each body before the next.
   * Errors: HTTP_UPSTREAM_FAILED, HTTP_MULTIPART_MALFORMED, HTTP_MULTIPART_TRUNCATED.
   */
  retrieve(path: InstancePath, signal?: AbortSignal): AsyncGenerator<AsyncIterable<Uint8Array>, void, undefined>;
  /**
   * Stores Part 10 instances. An answer of 200, 202 or 409 is returned, any other status is an error.
   * A peer that answers without a body (allowed by some) leaves all lists empty.
   */
  store(instances: AsyncIterable<AsyncIterable<Uint8Array> | Uint8Array> | Iterable<AsyncIterable<Uint8Array> | Uint8Array>, options?: { readonly studyInstanceUID?: string; readonly signal?: AbortSignal }): Promise<StoreAnswer>;
}

const transientStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

function upstream(what: string, status: number | undefined, cause?: unknown): AppError {
  return new AppError('HTTP_UPSTREAM_FAILED', status === undefined ? `${what}: no answer` : `${what}: HTTP ${status}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { ...(status === undefined ? {} : { status }), transient: status === undefined || transientStatuses.has(status) },
  });
}

function pathOf(path: InstancePath): string {
  return ['studies', path.studyInstanceUID,
    ...(path.seriesInstanceUID === undefined ? [] : ['series', path.seriesInstanceUID]),
    ...(path.sopInstanceUID === undefined ? [] : ['instances', path.sopInstanceUID])].map(encodeURIComponent).join('/');
}

/** The body of an answer; one that breaks off is an error that may pass. */
async function* unbroken(what: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    if (signal?.aborted === true) throw new AppError('CANCELLED', `${what}: cancelled`, { cause: error });
    throw new AppError('HTTP_UPSTREAM_FAILED', `${what}: the answer broke off`, { cause: error, details: { transient: true } });
  }
}

/** A client of the service at `baseUrl`. */
export function dicomwebClient(options: DicomwebClientOptions): DicomwebClient {
  const base = options.baseUrl.replace(/\/+$/, '');
  const responseTimeoutMs = options.responseTimeoutMs ?? 60_000;
  // The wait for an answer is counted here: an upload may take longer than undici's own limit.
  const agent = new Agent({ headersTimeout: 0, ...(options.tls === undefined ? {} : { connect: options.tls as buildConnector.BuildOptions }) });

  /**
   * `handedBytes` resolves when the wait for an answer begins: at once without a body; with one after its last byte was
   * taken from us, which is not when it has arrived.
   */
  async function request(what: string, path: string, init: RequestInit, signal?: AbortSignal, handedBytes: Promise<number> = Promise.resolve(0)): Promise<Response> {
    const timeout = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    let answered = false;
    void handedBytes.then((bytes) => {
      if (!answered) timer = setTimeout(() => timeout.abort(new Error('no answer in time')), responseTimeoutMs + takingMs(bytes, options.slowestBytesPerSecond));
    });
    try {
      return await fetch(`${base}/${path}`, {
        ...init, dispatcher: agent,
        // Only the configured address is called: another one would get images and keys that are not meant for it.
        redirect: 'manual',
        headers: { ...options.headers, ...init.headers as Record<string, string> },
        signal: AbortSignal.any([timeout.signal, ...(signal === undefined ? [] : [signal])]),
      });
    } catch (error) {
      if (signal?.aborted === true) throw new AppError('CANCELLED', `${what}: cancelled`, { cause: error });
      throw upstream(what, undefined, error);
    } finally {
      answered = true;
      clearTimeout(timer);
    }
  }

  async function json(what: string, path: string, signal?: AbortSignal): Promise<readonly Dataset[]> {
    const response = await request(what, path, { headers: { accept: 'application/dicom+json' } }, signal);
    if (response.status === 204) return [];
    if (!response.ok) {
      await response.body?.cancel();
      throw upstream(what, response.status);
    }
    const value: unknown = await response.json();
    if (!Array.isArray(value)) throw upstream(what, response.status);
    return value as readonly Dataset[];
  }

  return {
    async search(level, query = {}, within = {}, signal) {
      const path = within.studyInstanceUID === undefined ? level
        : `${pathOf({ studyInstanceUID: within.studyInstanceUID, ...(within.seriesInstanceUID === undefined ? {} : { seriesInstanceUID: within.seriesInstanceUID }) })}/${level}`;
      const parameters = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]));
      return json('QIDO-RS', parameters.size === 0 ? path : `${path}?${parameters.toString()}`, signal);
    },
    async metadata(path, signal) {
      return json('WADO-RS metadata', `${pathOf(path)}/metadata`, signal);
    },
    async* retrieve(path, signal) {
      const response = await request('WADO-RS', pathOf(path), {
        headers: { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
      }, signal);
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        throw upstream('WADO-RS', response.status);
      }
      const media = parseMediaType(response.headers.get('content-type') ?? undefined);
      if (media?.type === 'application/dicom') {
        yield unbroken('WADO-RS', response.body, signal);
        return;
      }
      for await (const part of parseMultipart(unbroken('WADO-RS', response.body, signal), media?.parameters['boundary'])) yield part.body;
    },
    async store(instances, { studyInstanceUID, signal } = {}) {
      const boundary = `phoi-${randomUUID()}`;
      const handed = Promise.withResolvers<number>();
      let bytes = 0;
      async function* counted(body: AsyncIterable<Uint8Array> | Uint8Array) {
        for await (const chunk of body instanceof Uint8Array ? [body] : body) {
          bytes += chunk.length;
          yield chunk;
        }
      }
      async function* parts() {
        try {
          for await (const body of instances) yield { headers: { 'Content-Type': 'application/dicom' }, body: counted(body) };
        } finally {
          handed.resolve(bytes);
        }
      }
      const body = Readable.from(writeMultipart(parts(), boundary), { objectMode: false, highWaterMark: 256 * 1024 });
      const response = await request('STOW-RS', studyInstanceUID === undefined ? 'studies' : pathOf({ studyInstanceUID }), {
        method: 'POST',
        headers: {
          accept: 'application/dicom+json',
          'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
        },
        body,
        duplex: 'half',
      }, signal, handed.promise);
      const text = await response.text();
      if (!response.ok && response.status !== 409) throw upstream('STOW-RS', response.status);
      return readStoreAnswer(response.status, text);
    },
  };
}

function items(dataset: Dataset, keyword: 'ReferencedSOPSequence' | 'FailedSOPSequence' | 'OtherFailuresSequence'): readonly Dataset[] {
  return (dataset[tag(keyword)]?.Value ?? []) as readonly Dataset[];
}

function first(dataset: Dataset, tagText: string): unknown {
  return dataset[tagText]?.Value?.[0];
}

function readStoreAnswer(status: number, text: string): StoreAnswer {
  let parsed: unknown;
  try {
    parsed = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Some archives answer in XML whatever was asked for: the status alone counts then.
    parsed = {};
  }
  const dataset = (Array.isArray(parsed) ? parsed[0] ?? {} : parsed) as Dataset;
  return {
    status,
    stored: items(dataset, 'ReferencedSOPSequence').map((item) => {
      const warning = first(item, tag('WarningReason'));
      return { sopInstanceUID: String(first(item, tag('ReferencedSOPInstanceUID'))), ...(typeof warning === 'number' ? { warningReason: warning } : {}) };
    }),
    failed: items(dataset, 'FailedSOPSequence').map((item) => {
      const failure = first(item, tag('FailureReason'));
      return { sopInstanceUID: String(first(item, tag('ReferencedSOPInstanceUID'))), ...(typeof failure === 'number' ? { failureReason: failure } : {}) };
    }),
    otherFailures: items(dataset, 'OtherFailuresSequence').length,
  };
}
