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
  /**
   * Durable from here on. Committing bytes that are already there gives the same key. Until `discard` the archive
   * remembers that nobody has written down the key yet.
   */
  commit(): Promise<StoredBlob>;
  /** After a commit of bytes that were there, once the key is written down: puts them there again if they were retired meanwhile. */
  secure(): Promise<void>;
  /** After a commit, when nobody can say whether the key was written down: the archive goes on remembering, and `discard` changes nothing. */
  leave(): void;
  /** Ends it: before a commit nothing is kept, after one the key is known to the index. Safe to call twice. */
  discard(): Promise<void>;
}

export interface UnsettledBlob {
  readonly key: string;
  /** False where the bytes are not what the name says, on a disk that flushes less than it claims; nobody was told that they are there. */
  readonly isWhole: boolean;
  /** The key is known to the index now, or the blob was taken back: it need not be told again. */
  readonly settle: () => Promise<void>;
}

/** The part of an archive that an analysis needs, and all there is of one that is reached over DICOMweb. */
export interface InstanceReader {
  /** The whole file. Errors: ARCHIVE_NOT_FOUND where there is no such blob, ARCHIVE_CORRUPT where it is not whole. */
  read(key: string): Promise<Uint8Array>;
}

export interface InstanceArchive extends InstanceReader {
  /**
   * Below the reserve of free space only what `mayUseReserve` is taken: the results of what was acknowledged before.
   * Errors: ARCHIVE_OUT_OF_SPACE.
   */
  begin(options?: { readonly mayUseReserve?: boolean }): Promise<IncomingBlob>;
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
  /**
   * Removes a blob that an index has given up, unless `isNeeded` says that somebody has stored the same bytes again. It is set
   * aside before the question: whoever stores them from then on puts them there anew (`IncomingBlob.secure`).
   */
  retire(key: string, isNeeded: () => Promise<boolean>): Promise<void>;
  /** After a crash: what was set aside and is needed gets its name back, the rest goes. Gives how many came back. */
  settleRetired(isNeeded: (key: string) => Promise<boolean>): Promise<number>;
  /** Keys of all blobs, in no order; long in a large archive. */
  keys(): AsyncIterable<string>;
  /** The blobs that were committed by a process that ended before `discard`, perhaps before it wrote the key down. */
  unsettled(): AsyncIterable<UnsettledBlob>;
  freeBytes(): Promise<number>;
  /** Of the file system that the archive lies on. */
  totalBytes(): Promise<number>;
}
