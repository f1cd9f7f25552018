/** Models that are loaded and belong together: what one id of the registry stands for. */
import type { ClassifierManifest, DetectorManifest, EnsembleManifest, FinderManifest, GraphManifest, ModelManifest } from './manifest/manifest.ts';
import type { SeriesLimits } from '../volume/series-limits.ts';
import type { ExecutionProvider, ModelSession } from './session.ts';

/** A model that is ready to run. */
export interface LoadedModel<Manifest extends GraphManifest = GraphManifest> {
  readonly manifest: Manifest;
  readonly session: ModelSession;
}

/** One stage of a chain: classifiers that look at every candidate, and what becomes of its score. */
export interface Stage {
  readonly classifiers: readonly { readonly model: LoadedModel<ClassifierManifest>; readonly weight: number }[];
  readonly among: 'mean' | 'max';
  readonly combine: 'replace' | 'product' | 'mean';
}

interface Common {
  readonly stages: readonly Stage[];
}

/** Finds candidates: one detector, or several put together; then its stages, then its calibration. */
export type Finder =
  | Common & { readonly kind: 'detector'; readonly manifest: DetectorManifest; readonly session: ModelSession }
  | Common & { readonly kind: 'ensemble'; readonly manifest: EnsembleManifest; readonly members: readonly { readonly finder: Finder; readonly weight: number }[] };

export interface ModelIdentity {
  readonly id: string;
  readonly version: string;
  /** Of the graph; of several graphs one hash over the hashes of all. */
  readonly sha256: string;
  readonly name: string;
}

export interface Execution {
  /** Of every graph; 'cpu' also where one of them had to fall back. */
  readonly provider: ExecutionProvider;
  readonly threads: number;
  /** Why it is not the one that was asked for. */
  readonly fallback?: string;
}

/** What `analyzeStudy` runs. */
export interface ModelPipeline {
  readonly finder: Finder;
  /** The manifest of the id that was loaded: what it accepts, its operating points. */
  readonly manifest: FinderManifest;
  /** What ran it. */
  readonly execution: Execution;
  /** What `findings.json` says of the model. */
  readonly identity: ModelIdentity;
  release(): Promise<void>;
}

/** Every detector of a finder. */
export function detectorsOf(finder: Finder): readonly DetectorManifest[] {
  return finder.kind === 'detector' ? [finder.manifest] : finder.members.flatMap((member) => detectorsOf(member.finder));
}

/** Every manifest that says how a finder works, in a fixed order. */
export function manifestsOf(finder: Finder): readonly ModelManifest[] {
  return [
    finder.manifest,
    ...(finder.kind === 'ensemble' ? finder.members.flatMap((member) => manifestsOf(member.finder)) : []),
    ...finder.stages.flatMap(({ classifiers }) => classifiers.map(({ model }) => model.manifest)),
  ];
}

/** What the model accepts of a series: what its manifest says, and what its inputs can hold. */
export function limitsOf({ manifest, finder }: ModelPipeline): SeriesLimits {
  const sizes = detectorsOf(finder).flatMap(({ input }) => (input.kind === 'slices' && input.fit.kind === 'pad' ? [input.fit.size] : []));
  return sizes.length === 0 ? manifest.accepts : { ...manifest.accepts, maxRows: Math.min(...sizes.map(([rows]) => rows)), maxColumns: Math.min(...sizes.map(([, columns]) => columns)) };
}

/** How the model was run, for the quality of a result. */
export function executionQuality({ execution: { provider, threads, fallback } }: ModelPipeline): Readonly<Record<string, string | number>> {
  return { executionProvider: provider, executionThreads: threads, ...(fallback !== undefined && { executionFallback: fallback.slice(0, 200) }) };
}
