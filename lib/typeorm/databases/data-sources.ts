import { DataSource } from 'typeorm';
import { ZooCacheError } from '../../errors/zoocache.error.js';

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

/** What TypeORM gives each DataSource, so that every copy of it knows those of the others. */
const KIND = Symbol.for('DataSource');

interface OfAnyCopy {
  readonly '@instanceof'?: unknown;
  readonly options: { readonly type: string };
}

/**
 * Looks at whether a DataSource could be heard: where two copies of TypeORM are installed, the hooks are in one of them, and
 * what is read by way of the other would be kept whatever is written.
 *
 * @throws ZooCacheError `UNSUPPORTED` for a DataSource of a copy that is not heard
 */
export function refuseOtherCopies(dataSource: object): void {
  const { '@instanceof': kind, options } = dataSource as OfAnyCopy;
  if (kind !== KIND || dataSource instanceof DataSource) return;
  throw new ZooCacheError('UNSUPPORTED', {
    what: 'A DataSource was made by another copy of TypeORM than the one that is heard, so no write of it would be',
    name: `the one of type '${options.type}'`,
    next: "Let the application and nestjs-zoocache find one copy: 'npm ls typeorm' or 'pnpm why typeorm' shows them",
  });
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
