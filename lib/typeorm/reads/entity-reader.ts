import type { DataSource, EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Engine } from '../../engine/engine.js';
import type { ReadPlan } from '../../engine/read-plan.js';
import type { Statistics } from '../../events/statistics.js';
import { entityKey, type CacheKey, type Site } from '../../keys/cache-key.js';
import type { KeyEncoder } from '../../keys/key-encoder.js';
import { KeyTree } from '../../keys/key-tree.js';
import type { Tag } from '../../tags/tag.js';
import type { EntityPolicy, ReadOperation } from '../entities/entity-options.js';
import { askedOf, type FindMethod } from '../entities/find-methods.js';
import { keptBuilder, keptBuilders } from './kept-builder.js';
import { RowKeys } from '../entities/row-key.js';
import { RowByRow } from './row-by-row.js';

/** What the reads of an application have in common. */
export interface ReaderParts {
  readonly engine: Engine;
  readonly keys: KeyEncoder;
  readonly statistics: Statistics;
}

/** What one entity's reads are made of. */
export interface ReaderOf {
  readonly dataSource: DataSource;
  readonly metadata: EntityMetadata;
  readonly site: Site;
  readonly policy: EntityPolicy & { readonly ttlMs: number };
}

/**
 * Answers the reads of one entity of one DataSource for one application, all under the same policy.
 *
 * A read whose arguments cannot be part of a key goes to the database, and is counted: who calls a repository was never
 * told that there is a cache.
 */
export class EntityReader {
  /** The tables of the entity when its keys were made: programs have been seen to move entities to another schema. */
  readonly tablePath: string;

  private readonly plans = new Map<string, ReadPlan>();
  private readonly trees = new Map<FindMethod, KeyTree>();
  private readonly rows: RowKeys | undefined;
  private readonly rowByRow: RowByRow | undefined;

  constructor(
    private readonly parts: ReaderParts,
    private readonly of: ReaderOf,
  ) {
    this.tablePath = of.metadata.tablePath;
    this.rows = RowKeys.of(of.dataSource, of.metadata, (text) => entityKey(of.site, 'row', text));
    this.rowByRow = this.rows && RowByRow.of(of.dataSource, of.metadata, this.rows, parts.engine);
  }

  /** Whether reads of this kind are cached at all. */
  answers(operation: ReadOperation): boolean {
    return this.of.policy.ttlMs !== 0 && this.of.policy.operations.has(operation);
  }

  /**
   * Answers a call of a method of the EntityManager, from the cache or by `load`.
   *
   * @param args those of the call behind the entity
   * @param load makes the call as if there were no cache, with the arguments it is given
   */
  find<T>(method: FindMethod, args: readonly unknown[], load: (args: readonly unknown[]) => Promise<T>): Promise<T> {
    if (!this.answers(method.operation)) return load(args);
    const { engine } = this.parts;
    const key = this.keyOf(method, args);
    if (key === undefined) {
      if (method.kind === 'find' && this.rowByRow !== undefined) {
        const rows = this.rowByRow.find(args[0], method.takes, this.planOf(method.name), load as never);
        if (rows !== undefined) return rows as Promise<T>;
      }
      return this.findBy(method, args, load);
    }
    return engine.read(key, this.planOf(method.name), load, args);
  }

  /**
   * Answers a call of a method of a query builder.
   *
   * @param asked all that the answer depends on beside the database
   */
  readBy<T, Entity extends ObjectLiteral>(
    builder: SelectQueryBuilder<Entity>,
    method: string,
    asked: readonly unknown[],
    load: (builder: SelectQueryBuilder<Entity>) => Promise<T>,
  ): Promise<T> {
    const { engine } = this.parts;
    const key = this.keyFor(method, asked);
    if (key === undefined) return engine.bypass('argument', () => load(builder));
    // Also where it is loaded at once: TypeORM looks into the builder again when the rows are there.
    const loadBy = ([given]: readonly unknown[]): Promise<T> => load(keptBuilder(given as typeof builder));
    return engine.read(key, this.planOf(method, keptBuilders), loadBy, [builder]);
  }

  /** Whether rows have a key of their own here, under which they can be put. */
  get keepsRows(): boolean {
    return this.rows !== undefined && this.answers('get');
  }

  /**
   * Stores a row as a transaction wrote it, if nobody else has written it since.
   *
   * @param transactionId that of the transaction's mark
   * @param tags what the row depends on
   */
  putWritten(entity: object, transactionId: string, tags: readonly Tag[]): void {
    const key = this.rows?.of((entity as Readonly<Record<string, unknown>>)[this.rows.property]);
    if (key !== undefined)
      this.parts.engine.putWritten(transactionId, key, entity, { ttlMs: this.of.policy.ttlMs, tags });
  }

  /** Calls `load` past the cache and counts why. */
  bypass<T>(reason: string, load: () => Promise<T>): Promise<T> {
    return this.parts.engine.bypass(reason, load);
  }

  private findBy<T>(
    method: FindMethod,
    args: readonly unknown[],
    load: (args: readonly unknown[]) => Promise<T>,
  ): Promise<T> {
    const { engine } = this.parts;
    let reason = 'argument';
    const key = this.treeOf(method).of(args, () => {
      const found = askedOf(method, args);
      if ('asked' in found) return this.keyFor(method.kind, [found.asked]);
      reason = found.reason;
      return undefined;
    });
    return key === undefined
      ? engine.bypass(reason, () => load(args))
      : engine.read(key, this.planOf(method.name), load, args);
  }

  /** The key of a row by its id, which most calls ask for; undefined for all else. */
  private keyOf(method: FindMethod, args: readonly unknown[]): CacheKey | undefined {
    if (method.kind !== 'one' || this.rows === undefined) return undefined;
    if (method.takes === 'where') return this.rows.ofWhere(args[0]);
    const found = askedOf(method, args);
    if ('reason' in found) return undefined;
    const { where, ...others } = found.asked;
    for (const _ in others) return undefined;
    return this.rows.ofWhere(where);
  }

  private keyFor(kind: string, asked: readonly unknown[]): CacheKey | undefined {
    try {
      const text = this.parts.keys.encode(asked);
      return text === undefined ? undefined : entityKey(this.of.site, kind, text);
    } catch {
      return undefined;
    }
  }

  private treeOf(method: FindMethod): KeyTree {
    let tree = this.trees.get(method);
    if (tree === undefined) this.trees.set(method, (tree = new KeyTree()));
    return tree;
  }

  private planOf(method: string, keep?: ReadPlan['keep']): ReadPlan {
    let plan = this.plans.get(method);
    if (plan === undefined) {
      const { ttlMs, boundMs } = this.of.policy;
      const counters = this.parts.statistics.of(`${this.of.metadata.name}.${method}`);
      this.plans.set(method, (plan = { ttlMs, boundMs, counters, keep }));
    }
    return plan;
  }
}
