import type { DataSource } from 'typeorm';

/** Held weakly, because nobody says when a DataSource is given up. */
const references = new Set<WeakRef<DataSource>>();
const known = new WeakSet<DataSource>();

let revision = 0;

/** Makes a DataSource known; the hooks do so for every one they see. */
export function registerDataSource(dataSource: DataSource): void {
  if (known.has(dataSource)) return;
  known.add(dataSource);
  references.add(new WeakRef(dataSource));
  revision++;
}

/** A DataSource has other entities or tables than before, or is initialised now. */
export function announceChange(): void {
  revision++;
}

/** Another number whenever entities may live elsewhere than before, except that a DataSource was destroyed. */
export function dataSourcesRevision(): number {
  return revision;
}

/** The DataSources of this process that are initialised now. */
export function* initializedDataSources(): Generator<DataSource> {
  for (const reference of references) {
    const dataSource = reference.deref();
    if (dataSource === undefined) references.delete(reference);
    else if (dataSource.isInitialized) yield dataSource;
  }
}
