import { SelectQueryBuilder, type DataSource, type QueryRunner } from 'typeorm';
import { processWritePath } from '../../engine/write-path.js';
import { statementKey, type CacheKey } from '../../keys/cache-key.js';
import { below, tagOf, type Tag } from '../../tags/tag.js';
import type { EntityReads } from './entity-reads.js';
import { heardDataSource } from '../statements/heard-data-source.js';
import { keptBuilders } from './kept-builder.js';
import { readsOf } from './open-reads.js';
import { patch } from '../library/patch.js';

type QueryResultCache = NonNullable<DataSource['queryResultCache']>;
type Builder = SelectQueryBuilder<object>;
type Rows = Promise<unknown[]>;
type LoadBy = (builder: Builder, queryRunner: QueryRunner) => Rows;

/** What the statistics call it. */
const NAME = 'typeorm cache';

/** How long TypeORM keeps what names no lifetime, in milliseconds. */
const DEFAULT_DURATION_MS = 1_000;

/** The alias of the statement that finds the ids of a page. */
const PAGE = 'distinctAlias';

/**
 * Lets ZooCache answer what TypeORM is asked to cache: `find({ cache: true })`, `.cache(60_000)`, `.cache('an-id')`.
 *
 * ```ts
 * new DataSource({ ..., cache: { provider: zooCacheProvider } })
 * ```
 *
 * Rows are kept as the driver gave them, for as long as TypeORM says (1 second for no duration and for 0), and no longer
 * than until something they were read from is written. `queryResultCache.remove([id])` and `clear()` forget them earlier;
 * removing an id removes its count and its page too. Inside a transaction, and for what TypeORM reads for itself, such as
 * before it saves, the database is asked. So it is while no application that uses ZooCache has the DataSource.
 */
export function zooCacheProvider(dataSource: DataSource): QueryResultCache {
  return new StatementCache(dataSource);
}

/** Answers statements, which TypeORM's interface for caches cannot: what it hands over becomes JSON. */
class StatementCache implements QueryResultCache {
  constructor(private readonly dataSource: DataSource) {}

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {}

  async synchronize(): Promise<void> {}

  /** Never called for statements; see {@link hookStatements}. */
  async getFromCache(): Promise<undefined> {}

  async storeInCache(): Promise<void> {}

  isExpired(): boolean {
    return true;
  }

  async clear(): Promise<void> {
    await processWritePath.invalidate({ touches: [], sweeps: [this.root] });
  }

  async remove(identifiers: readonly string[]): Promise<void> {
    await processWritePath.invalidate({ touches: [], sweeps: identifiers.map((identifier) => this.tagOf(identifier)) });
  }

  /** The rows of the builder's statement, from the cache or by `loadBy` a runner. */
  answer(builder: Builder, queryRunner: QueryRunner, loadBy: LoadBy): Rows {
    const reads = readsOf(this.dataSource);
    const load = (): Rows => loadBy(builder, queryRunner);
    if (reads === undefined) return load();
    if (queryRunner.isTransactionActive) return reads.engine.bypass('transaction', load);
    const { mainAlias, cacheId, cacheDuration } = builder.expressionMap;
    const { queryRunner: own } = builder as unknown as { queryRunner?: QueryRunner };
    // What TypeORM reads for itself, as before it saves, it reads through a runner that is there already; and if it were
    // told old rows there it would write too little. Pages of an ordinary read are the exception.
    if (own !== undefined && mainAlias?.name !== PAGE) return reads.engine.bypass('query runner', load);
    const ttlMs = cacheDuration || (durationOf(this.dataSource) ?? DEFAULT_DURATION_MS);
    const key = this.keyOf(builder, reads, ttlMs);
    if (key === undefined) return reads.engine.bypass('argument', load);
    const tags = (): Iterable<Tag> => [
      this.root,
      ...(cacheId === undefined ? [] : idsAround(cacheId).map((id) => this.tagOf(id))),
    ];
    const plan = { ttlMs, counters: reads.statistics.of(NAME), tags, keep: keptBuilders };
    return reads.engine.read(
      key,
      plan,
      ([given]) => this.loadAnew(queryRunner, (runner) => loadBy(given as Builder, runner)),
      [builder],
    );
  }

  /** Of a replica the builder was given a runner before there was a load; one that is made in the load asks the primary. */
  private async loadAnew(given: QueryRunner, load: (queryRunner: QueryRunner) => Rows): Rows {
    const mode = given.getReplicationMode();
    if (mode !== 'slave' || !this.dataSource.driver.isReplicated) return load(given);
    const runner = this.dataSource.createQueryRunner(mode);
    try {
      return await load(runner);
    } finally {
      await runner.release();
    }
  }

  private keyOf(builder: Builder, reads: EntityReads, ttlMs: number): CacheKey | undefined {
    try {
      const text = reads.keys.encode([builder.expressionMap.cacheId, ...builder.getQueryAndParameters()]);
      return text === undefined ? undefined : statementKey(reads.dataSourceNames.of(this.dataSource), ttlMs, text);
    } catch {
      return undefined;
    }
  }

  private get root(): Tag {
    return tagOf('!typeorm', heardDataSource(this.dataSource).database);
  }

  /** Written as JSON, since an id may hold any character. */
  private tagOf(identifier: string): Tag {
    return below(this.root, JSON.stringify(identifier));
  }
}

/** Where a StatementCache is the DataSource's cache, it answers in the place of the method that asks for rows. */
export function hookStatements(): void {
  patch(SelectQueryBuilder.prototype, 'loadRawResults', (original: (queryRunner: QueryRunner) => Rows) => {
    return function loadRawResults(this: Builder, queryRunner: QueryRunner): Rows {
      const dataSource = dataSourceOf(this);
      const cache = dataSource.queryResultCache;
      if (!(cache instanceof StatementCache) || !asksForCache(this, dataSource))
        return original.call(this, queryRunner);
      return cache.answer(this, queryRunner, (builder, runner) =>
        withoutCache(builder, () => original.call(builder, runner)),
      );
    };
  });
}

function asksForCache({ expressionMap }: Builder, { options }: DataSource): boolean {
  const isAlways = typeof options.cache === 'object' && options.cache.alwaysEnabled === true;
  const { cache } = expressionMap as { readonly cache?: boolean };
  return isAlways ? cache !== false : cache === true;
}

/** TypeORM looks before its first await, so nobody else sees what is changed here. */
function withoutCache({ expressionMap }: Builder, load: () => Rows): Rows {
  const { cache } = expressionMap;
  expressionMap.cache = false;
  try {
    return load();
  } finally {
    expressionMap.cache = cache;
  }
}

function durationOf({ options }: DataSource): number | undefined {
  return typeof options.cache === 'object' ? options.cache.duration : undefined;
}

/** The id that somebody chose, and what TypeORM made of it for the count and the page of one read. */
function idsAround(cacheId: string): string[] {
  return [cacheId, cacheId.replace(/-(?:count|pagination)$/, '')];
}

/** TypeORM 0.3 calls it `connection`. */
function dataSourceOf(builder: Builder): DataSource {
  const { dataSource, connection } = builder as unknown as Record<'dataSource' | 'connection', DataSource>;
  return dataSource ?? connection;
}
