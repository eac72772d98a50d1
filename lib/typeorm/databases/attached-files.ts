import type { CatalogueRelation, RunStatement } from './catalogue.js';
import { readAttachedRelations } from './sqlite-catalogue.js';
import { identityOfFile } from './database-identity.js';

/*
 * Files that are attached
 * =======================
 *
 * A connection of SQLite may ATTACH other files beside its own, and statements then say "handle"."table". Another DataSource
 * may have opened such a file as its own, or attached it under another handle, and each must hear what the others write.
 *
 * So a table of an attached file is named by the file it is in, as whoever opens that file names it, and not by the file
 * of the connection. Of what is in such a file no more is known than what is a table and what a view shows: an answer depends
 * on the whole of each table it reads, and a write sweeps the file, because keys and triggers may take it anywhere in there.
 *
 * Which files there are is not read from ATTACH, whose path may be anything: the connection is asked. An attached database
 * in memory has no file and is nobody else's: its tables are those of the connection.
 */

/** A file that the connections of a DataSource show beside their own. */
export interface AttachedFile {
  /** What statements call it, folded. */
  readonly handle: string;
  /** The same as the connection spells it. */
  readonly spelled: string;
  /** The identity of the database that it is for whoever opens it. */
  readonly database: string;
  /** Undefined while nobody has read them: a table of any name may be in it. */
  readonly relations?: readonly CatalogueRelation[];
}

const ATTACHED_FILES = `SELECT name AS handle, file FROM pragma_database_list WHERE name NOT IN ('main', 'temp') AND file <> ''`;

/** The files without what is in them; asks for nothing that a transaction could be in the way of. */
export async function attachedFiles(run: RunStatement): Promise<readonly AttachedFile[]> {
  const rows = await run(ATTACHED_FILES);
  return rows.map(({ handle, file }) => ({
    handle: String(handle).toLowerCase(),
    spelled: String(handle),
    database: identityOfFile(String(file)),
  }));
}

/** The same with what is in them. */
export async function readAttachedFiles(run: RunStatement): Promise<readonly AttachedFile[]> {
  const files: AttachedFile[] = [];
  for (const file of await attachedFiles(run)) {
    files.push({ ...file, relations: await readAttachedRelations(run, file.spelled) });
  }
  return files;
}
