/**
 * Where instances live. A file's name is a hash: nothing taken from DICOM is ever part of a path.
 * `commit` returns only after the bytes and their directory entry are on disk (fsync).
 */
export interface StoredBlob {
  /** Opaque key, made by the archive. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Of the whole file, meta group included. */
  readonly sha256: string;
  /** False when the same bytes were there before this commit. */
  readonly fresh: boolean;
}

export interface IncomingBlob {
  write(chunk: Uint8Array): Promise<void>;
  /** Path of the temporary file, for reading the header before the decision to keep it: `flush` first. */
  readonly temporaryPath: string;
  /** Everything written so far can be read under `temporaryPath`; says nothing about durability. */
  flush(): Promise<void>;
  /** Durable from here on. Committing bytes that are already there gives the same key. */
  commit(): Promise<StoredBlob>;
  /** Removes the temporary file; safe to call after a failure and twice. */
  discard(): Promise<void>;
}

export interface InstanceArchive {
  begin(): Promise<IncomingBlob>;
  read(key: string): Promise<Uint8Array>;
  readRange(key: string, offset: number, length: number): Promise<Uint8Array>;
  stream(key: string): Promise<NodeJS.ReadableStream>;
  /** Path on this host, for worker processes that share the disk. */
  path(key: string): string;
  /** True when the blob is there and whole. */
  has(key: string): Promise<boolean>;
  /**
   * Takes back a blob whose instance was never acknowledged; absent ones are fine. Only the study service calls it,
   * and only for a blob that its own failed `receive` made.
   */
  remove(key: string): Promise<void>;
  /** Keys of the blobs committed since then (all without it), for the search for orphans after a crash. */
  keys(since?: Date): AsyncIterable<string>;
  freeBytes(): Promise<number>;
}
