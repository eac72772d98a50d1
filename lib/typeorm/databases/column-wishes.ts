import type { DataSource, EntityMetadata } from 'typeorm';
import { announceChange } from './data-sources.js';

/*
 * Which columns of a table no write is heard for
 * ==============================================
 *
 * What an update of an ignored column leaves out, nobody hears: neither the application that asked for it, nor any other
 * that keeps answers from that database. So a column is ignored only where every running application that has a
 * DataSource on the database says so; another one that starts later is heard as soon as it does, and one that is closed
 * has no say any more. An application without such a DataSource is not asked, though it may borrow another's.
 *
 * An update that was sent before another application started is told as it was understood then. If it commits after
 * that application has loaded its rows, the ignored columns of that answer are as old as its lifetime allows.
 */

/** The columns that are ignored, by their table; names are folded. */
export type IgnoredColumns = ReadonlyMap<string, ReadonlySet<string>>;

/** Ignored columns of a class, in one of the DataSources that have it. */
export interface IgnoredOf {
  readonly dataSource: DataSource;
  readonly columns: readonly EntityMetadata['columns'][number][];
}

/** An application, as far as it says which columns are ignored. */
export interface ColumnWishes {
  /** Whether it ignores any columns at all. */
  readonly ignoresAny: boolean;
  /**
   * The columns it ignores in a database, or undefined where it has nothing to do with that database.
   *
   * @param isOnly it is the only application of the process, so that DataSources of nobody are its own
   */
  ignoredIn(database: string, isOnly: boolean): IgnoredColumns | undefined;
  /** An answer holds ignored columns of a table. */
  tellShown(database: string, table: string): void;
  /** The ignored columns of objects with this prototype. */
  columnsOf(prototype: object): readonly IgnoredOf[];
}

const NONE: IgnoredColumns = new Map();

const applications = new Set<ColumnWishes>();

/** Counts the wishes of an application from now on; the result ends that, and may be called twice. */
export function addWishes(wishes: ColumnWishes): () => void {
  applications.add(wishes);
  announceChange();
  return () => {
    if (applications.delete(wishes)) announceChange();
  };
}

/** Whether any application ignores any column. */
export function isAnythingIgnored(): boolean {
  for (const { ignoresAny } of applications) if (ignoresAny) return true;
  return false;
}

/** The applications that have a say. */
export function allWishes(): Iterable<ColumnWishes> {
  return applications;
}

/** The columns that all concerned applications ignore in a database. */
export function ignoredColumnsIn(database: string): IgnoredColumns {
  if (!isAnythingIgnored()) return NONE;
  let agreed: IgnoredColumns | undefined;
  for (const application of applications) {
    const wished = application.ignoredIn(database, applications.size === 1);
    if (wished !== undefined) agreed = agreed === undefined ? wished : common(agreed, wished);
  }
  return agreed ?? NONE;
}

/** Tells the applications that an answer holds ignored columns. */
export function tellShown(database: string, table: string): void {
  for (const application of applications) application.tellShown(database, table);
}

function common(one: IgnoredColumns, other: IgnoredColumns): IgnoredColumns {
  const both = new Map<string, ReadonlySet<string>>();
  for (const [table, columns] of one) {
    const shared = [...columns].filter((column) => other.get(table)?.has(column) === true);
    if (shared.length > 0) both.set(table, new Set(shared));
  }
  return both;
}
