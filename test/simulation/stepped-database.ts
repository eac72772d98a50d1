/** A version of a row: versions are numbered in the order in which they were written, over the whole database. */
export type Version = number;

/**
 * A database that does nothing by itself: every statement takes effect in the step that calls it.
 *
 * It stands in for a real one where every interleaving is to be seen; what real ones do is tested on real ones.
 * Readers see what is committed; a row keeps all versions it ever had, in the order of their commits.
 */
export class SteppedDatabase {
  readonly history: Version[][];
  private written = 0;

  constructor(readonly rows: number) {
    this.history = Array.from({ length: rows }, () => [0]);
  }

  /** How many commits each row has seen: what nobody may be older than from now on. */
  get ages(): readonly number[] {
    return this.history.map((versions) => versions.length - 1);
  }

  select(row: number): Version {
    const versions = this.history[row];
    return versions[versions.length - 1];
  }

  selectAll(): readonly Version[] {
    return this.history.map((_, row) => this.select(row));
  }

  /** How old an answer about a row is: the index of the commit that made it, or -1 for what was never committed. */
  ageOf(row: number, version: Version): number {
    return this.history[row].indexOf(version);
  }

  begin(): SteppedTransaction {
    return new SteppedTransaction(
      () => ++this.written,
      (row, version) => this.history[row].push(version),
    );
  }
}

/** Changes that nobody sees before their commit. */
export class SteppedTransaction {
  private changes: { row: number; version: Version }[] = [];
  private readonly savepoints: number[] = [];

  constructor(
    private readonly nextVersion: () => Version,
    private readonly publish: (row: number, version: Version) => void,
  ) {}

  write(row: number): void {
    this.changes.push({ row, version: this.nextVersion() });
  }

  savepoint(): void {
    this.savepoints.push(this.changes.length);
  }

  /** Undoes everything since the last savepoint; false if there is none. */
  rollbackToSavepoint(): boolean {
    const length = this.savepoints.pop();
    if (length === undefined) return false;
    this.changes.length = length;
    return true;
  }

  commit(): void {
    for (const { row, version } of this.changes) this.publish(row, version);
    this.changes = [];
  }
}
