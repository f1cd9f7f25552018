/**
 * The seam between the index and its database. One index, written once in the SQL that SQLite and PostgreSQL share;
 * what they do not share is named here and given by each (`sqlite-dialect.ts`, `postgres-dialect.ts`).
 */
import type { Row } from './rows.ts';

/** What a statement is given. A list stands where the dialect's text asks for one. */
export type SqlValue = string | number | null | Uint8Array | readonly string[] | readonly number[];

export interface Sql {
  /** `?`, or `?1` when one value stands in several places. The text never holds a value that came from outside. */
  all(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>;
  get(sql: string, ...values: readonly SqlValue[]): Promise<Row | undefined>;
  /** Gives how many rows it changed. */
  run(sql: string, ...values: readonly SqlValue[]): Promise<number>;
}

/** The words under which a study is found, folded (`foldedWords`). */
export interface SearchWords {
  readonly name: readonly string[];
  readonly other: readonly string[];
}

export interface Dialect {
  /** A join whose left side is read first, where the planner has to be told so. */
  readonly orderedJoin: string;
  /** Appended to a SELECT whose rows are about to be changed. */
  readonly forUpdate: string;
  /** One list is bound; `id` is a row's. */
  readonly oneOf: (expression: string, kind: 'text' | 'number' | 'id') => string;
  /** One text of `wildcardPattern` is bound. */
  readonly matchesWildcard: (expression: string) => string;
  /** A list of texts of `wildcardPattern` is bound. */
  readonly matchesAnyWildcard: (expression: string) => string;
  /** A DICOM wildcard key (PS3.4 C.2.2.2.4) as a pattern that is bound; it ignores no case. */
  readonly wildcardPattern: (key: string) => string;
  /** A JSON array of the different values that a subquery gives, `[]` when it gives none. */
  readonly jsonListOf: (expression: string, source: string) => string;
  /** A table of the items of a JSON array; `ALIAS.value ->> 'name'` reads one. */
  readonly jsonItems: (expression: string, alias: string) => string;
  /** The rows, a `key` for each study that has every word as a beginning of one of its own; `searchExpression` is bound. */
  readonly searchRows: (where: 'name' | 'anywhere') => { readonly key: string; readonly rows: string };
  readonly searchExpression: (words: readonly string[], where: 'name' | 'anywhere') => string;
  /** Takes the words of a study away. */
  readonly removeSearch: (sql: Sql, studyId: number) => Promise<void>;
  /** Replaces the words of a study. */
  readonly writeSearch: (sql: Sql, studyId: number, words: SearchWords) => Promise<void>;
}

export interface IndexDatabase {
  readonly dialect: Dialect;
  /** Sees what is committed, and nothing else. */
  readonly read: Sql;
  /**
   * Runs the work as one transaction and resolves once that is on disk. Work under one key (a Study Instance UID) never
   * runs twice at the same time, whichever server asks, so that it may look before it writes. It may be run again when
   * another transaction was in its way: it must do nothing but use the `Sql` that it is given.
   */
  readonly write: <T>(key: string | undefined, work: (sql: Sql) => Promise<T>) => Promise<T>;
  /** Runs the work unless work of this name runs already, here or on another server: then gives undefined. */
  readonly exclusively: <T>(name: string, work: () => Promise<T>) => Promise<T | undefined>;
  /** Waits for the writes asked for so far, then closes. */
  readonly close: () => Promise<void>;
}
