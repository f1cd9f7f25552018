/**
 * Where instances live. A file's name is a hash: nothing taken from DICOM is ever part of a path.
 * `commit` returns only after the bytes and their directory entry are on disk (fsync).
 */
export interface StoredBlob {
  /** Opaque key, made by the archive. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface IncomingBlob {
  write(chunk: Uint8Array): Promise<void>;
  /** Path of the temporary file, for reading the header before the decision to keep it. */
  readonly temporaryPath: string;
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
  has(key: string): Promise<boolean>;
  freeBytes(): Promise<number>;
}
