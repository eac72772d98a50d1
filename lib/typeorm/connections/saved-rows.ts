import { AskedTags } from '../../tags/asked-tags.js';
import type { Invalidation, Tag } from '../../tags/tag.js';

/*
 * Putting saved rows back
 * =======================
 *
 * A row that was saved is asked for next, so it may as well be put where that read looks (`cacheOnSave`). What is put
 * there is neither what the entity in memory says, which may be another transaction's past, nor what is read again, but
 * the row that the statement of `save()` returns. It is what `findOneBy` of its id would load, because
 *
 *  1. from that statement to the end of its transaction nobody else can change the row: PostgreSQL holds its lock, and of
 *     an inserted row nobody else knows. So what its own transaction did afterwards is all that can make a difference;
 *
 *         save(): name = 'a'       UPDATE name = 'b'       COMMIT            the row of save() is dropped at the UPDATE
 *
 *     any later statement on the connection that reaches the row in any way drops it, and so does whatever cannot be
 *     judged: a rollback to a savepoint, a text of several statements, a function that nobody knows, a stream, a
 *     statement that overlapped the one of `save()`;
 *
 *  2. it was committed: PostgreSQL answers COMMIT with `ROLLBACK`, and no error, if a statement failed before and whoever
 *     sent it went on. So its own answer is listened to;
 *
 *  3. nobody else has written it since. Who waited for the lock writes as soon as the transaction is over, perhaps before
 *     its release is in the log. His statement came back after our COMMIT was executed, so after our mark was in the log,
 *     and his mark stands behind ours; or, without a transaction, his mark is open or was released behind ours. So the row
 *     is stored only if the log has nothing of others for it behind our mark, and as of where the log stands then:
 *
 *         us:      mark 7, COMMIT ...................... release 10, his release is behind our mark: not stored
 *         others:          waits ... UPDATE, mark 8, COMMIT, release 9
 *
 * The entity is made by TypeORM out of the row, on the same way as in a find (see RowHydration), before the transaction
 * ends. If listeners ask the database for more, the answer would depend on that too: it is not stored.
 */

/** A row as a statement of `save()` returned it. */
export interface SavedRow {
  /** What an answer that holds the row depends on. */
  readonly tags: readonly Tag[];
  /** Its transaction is committed. */
  put(transactionId: string): void;
}

/** More rows than this are not kept for one transaction: who saves thousands does not ask for each of them next. */
export const MAX_SAVED_ROWS = 100;

/** The rows that the open transaction of one connection saved and, as far as it is known, did not change afterwards. */
export class SavedRows {
  private rows: SavedRow[] = [];

  get isEmpty(): boolean {
    return this.rows.length === 0;
  }

  /** Those that came first make room. */
  add(rows: readonly SavedRow[]): void {
    this.rows = [...this.rows, ...rows].slice(-MAX_SAVED_ROWS);
  }

  /** The transaction wrote something else. */
  hear(invalidation: Invalidation): void {
    if (this.rows.length === 0) return;
    const all = this.rows.flatMap(({ tags }) => tags);
    const reached = new Set(new AskedTags(all).reachedBy(invalidation));
    if (reached.size > 0) this.rows = this.rows.filter(({ tags }) => !tags.some((tag) => reached.has(tag)));
  }

  /** The transaction read something, and there is this to say about whether that is a function of its tables. */
  hearRead(obstacle: string | undefined): void {
    // A function that nobody knows may write.
    if (obstacle !== undefined) this.forget();
  }

  /** Something happened of which nobody knows what it did to the rows. */
  forget(): void {
    if (this.rows.length > 0) this.rows = [];
  }

  /** The transaction is about to end; what is saved from now on belongs to another one. */
  take(): readonly SavedRow[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }
}
