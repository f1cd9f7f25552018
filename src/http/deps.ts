/** What the HTTP edge needs from the rest of the service. The composition root makes these; routes get nothing else. */
import type { FastifyBaseLogger } from 'fastify';
import type { Accounts } from '../accounts/accounts.ts';
import type { AlertBoard } from '../alerts/alert-service.ts';
import type { InstanceArchive } from '../archive/port.ts';
import type { AuditEntry, AuditEvent } from '../audit/entry.ts';
import type { Recorder } from '../audit/recording-index.ts';
import type { DestinationInfo } from '../delivery/describe-destinations.ts';
import type { DeliveryFilter, StudyIndex } from '../index/port.ts';
import type { JobPriority, JobQueue } from '../queue/port.ts';
import type { ReviewService } from '../review/port.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Site } from '../sites/settings.ts';
import type { StudyService } from '../study/port.ts';
import type { SignIn } from './routes/sign-in.ts';
import type { ViewOf } from './view.ts';

/** One model of the registry, as screens and scripts see it. */
export interface ModelSummary {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly task: string;
  readonly sha256: string;
  /** True for the model that new studies are analysed with. */
  readonly inUse: boolean;
  /** 'champion' reads the studies, a 'shadow' runs along unseen, a 'part' belongs to the champion or to a shadow. */
  readonly role?: 'champion' | 'shadow' | 'part' | 'none';
}

export interface HttpLimits {
  /** Largest instance in bytes that STOW-RS or an upload may bring. */
  readonly maxInstanceBytes: number;
  /** Entries of one zip archive. */
  readonly maxZipEntries: number;
  /** Bytes that one zip archive may unpack to. */
  readonly maxZipBytes: number;
  /** Unpacked over packed size of one entry, above 1 MiB. */
  readonly maxZipRatio: number;
  /** Screens that may listen to `/api/v1/events` at a time. */
  readonly maxEventClients: number;
  /** Processes that decode frames. */
  readonly decodeProcesses: number;
  /** Milliseconds after which decoding one frame is given up. */
  readonly decodeTimeoutMs: number;
  /** JavaScript heap of one decoding process in MiB. */
  readonly decodeHeapMb: number;
  /** Bytes of decoded frames kept in memory. */
  readonly frameCacheBytes: number;
  /** QIDO-RS matches in one answer. */
  readonly maxQidoResults: number;
  /** Milliseconds after which a peer that neither sends nor reads is cut off. Event streams have a heartbeat well below. */
  readonly idleTimeoutMs: number;
  /** Milliseconds that requests under way get when the service closes. */
  readonly closeGraceMs: number;
  /** Of one account, or one address without a login. */
  readonly requestsPerMinute: number;
  /** Free bytes below which `/readyz` says no. */
  readonly minFreeBytes: number;
}

const mib = 1024 * 1024;

export const defaultHttpLimits: HttpLimits = {
  maxInstanceBytes: 4096 * mib,
  maxZipEntries: 100_000,
  maxZipBytes: 32 * 1024 * mib,
  maxZipRatio: 200,
  maxEventClients: 200,
  decodeProcesses: 2,
  decodeTimeoutMs: 20_000,
  decodeHeapMb: 1024,
  frameCacheBytes: 256 * mib,
  maxQidoResults: 1000,
  idleTimeoutMs: 120_000,
  closeGraceMs: 10_000,
  requestsPerMinute: 120_000,
  minFreeBytes: 512 * mib,
};

export interface HttpConfig {
  /** Address that users see, e.g. `https://phoi.hospital.example`; its host is accepted in the Host header. */
  readonly publicUrl?: string;
  /** When set, every request but `/healthz` needs it: Bearer, or as the password of HTTP Basic. */
  readonly token?: string;
  /** Folder of the built viewer. */
  readonly viewerDir: string;
  readonly version: string;
  readonly aeTitle: string;
  readonly dicomPort: number;
  /** A series with no new instance for so long is looked at for completeness. */
  readonly quietSeconds: number;
  /** Web origins that may read DICOMweb from a browser, or `*`. */
  readonly corsOrigins?: readonly string[];
  readonly sites?: readonly Site[];
  /** Addresses and networks of reverse proxies, whose word is taken for where a request comes from. */
  readonly trustedProxies?: readonly string[];
  /** Host names accepted beside loopback names and the host of `publicUrl`. */
  readonly allowedHosts?: readonly string[];
  readonly limits?: Partial<HttpLimits>;
}

/** What only the composition root can do, because it joins study, queue and delivery. */
export interface HttpActions {
  /** Analyses the study again with the model in use. */
  reanalyse(studyInstanceUID: string): Promise<void>;
  /** Changes the study's place in the queue, also for a job that waits already. */
  setPriority(studyInstanceUID: string, priority: JobPriority): Promise<void>;
  /** Makes deliveries due now; gives how many. */
  resendDeliveries(filter: DeliveryFilter): Promise<number>;
}

/** What routes get: of index and readings only what whoever asks may see. */
export type RouteDeps = Omit<HttpDeps, 'index' | 'review'> & { readonly view: ViewOf };

export interface HttpDeps {
  readonly config: HttpConfig;
  readonly archive: InstanceArchive;
  readonly index: StudyIndex;
  readonly study: StudyService;
  readonly queue: JobQueue;
  readonly review: ReviewService;
  readonly models: () => Promise<readonly ModelSummary[]>;
  /** Adding and choosing models; without it these routes are not there. */
  readonly registry?: ModelRegistry;
  /** The configured destinations, without secrets. */
  readonly destinations: readonly DestinationInfo[];
  readonly actions: HttpActions;
  /** Writes into the audit trail; none without one (tests, tools). */
  readonly audit?: Recorder;
  /** For entries that must be on disk before the answer: rejects when the trail cannot be written. */
  readonly appendAudit?: (event: AuditEvent) => Promise<AuditEntry>;
  /** What is wrong now; nothing is without it (tests, tools). */
  readonly alerts?: AlertBoard;
  /** Accounts of people and tokens of programs; without them the one token, or nothing, protects the service. */
  readonly accounts?: Accounts;
  /** Logs people in at an identity provider; needs accounts. */
  readonly signIn?: SignIn;
  readonly log: FastifyBaseLogger;
}
