import { SelectQueryBuilder, type ObjectLiteral } from 'typeorm';
import { askedByBuilder } from './builder-key.js';
import type { CachedSource } from './cached-source.js';
import type { ReadOperation } from '../entities/entity-options.js';

/** A builder as it is without the cache: another view of the same one, so that nothing it notes is lost. */
type Plain<Entity extends ObjectLiteral> = SelectQueryBuilder<Entity>;

/** A query builder whose answers come from the cache; so do those of its clones. */
export class CachedSelectQueryBuilder<Entity extends ObjectLiteral> extends SelectQueryBuilder<Entity> {
  private source?: CachedSource;

  // TypeORM's clone() hands over the builder itself, and the makers of subqueries a DataSource and a runner.
  constructor(...args: [SelectQueryBuilder<Entity>]) {
    super(...args);
    const [from] = args;
    if (from instanceof CachedSelectQueryBuilder) this.source = from.source;
  }

  override getOne(): Promise<Entity | null> {
    return this.answer('getOne', 'get', true, (plain) => plain.getOne());
  }

  override getMany(): Promise<Entity[]> {
    return this.answer('getMany', 'find', true, (plain) => plain.getMany());
  }

  override getManyAndCount(): Promise<[Entity[], number]> {
    return this.answer('getManyAndCount', 'find', true, (plain) => plain.getManyAndCount());
  }

  override getRawAndEntities<T = unknown>(): Promise<{ entities: Entity[]; raw: T[] }> {
    return this.answer('getRawAndEntities', 'find', true, (plain) => plain.getRawAndEntities<T>());
  }

  override getRawOne<T = unknown>(): Promise<T | undefined> {
    return this.answer('getRawOne', 'get', false, (plain) => plain.getRawOne<T>());
  }

  override getRawMany<T = unknown>(): Promise<T[]> {
    return this.answer('getRawMany', 'find', false, (plain) => plain.getRawMany<T>());
  }

  /** Libraries count with it, where `getCount()` would say `DISTINCT`. */
  override execute(): Promise<unknown> {
    // It looks at what another method has told the builder, and tells it nothing.
    return this.answer(
      'execute',
      'find',
      this.expressionMap.queryEntity,
      (plain) => plain.execute() as Promise<unknown>,
    );
  }

  override getCount(): Promise<number> {
    return this.answer('getCount', 'count', false, (plain) => plain.getCount());
  }

  override getExists(): Promise<boolean> {
    return this.answer('getExists', 'exists', false, (plain) => plain.getExists());
  }

  /** @param queriesEntity what the method tells the builder before it makes its SQL */
  private answer<T>(
    name: string,
    operation: ReadOperation,
    queriesEntity: boolean,
    load: (plain: Plain<Entity>) => Promise<T>,
  ): Promise<T> {
    const plain = plainViewOf(this);
    // A runner of its own may stand in a transaction.
    const reader = this.queryRunner === undefined ? this.source?.reader : undefined;
    if (reader === undefined || !reader.answers(operation)) return load(plain);
    const { cache, lockMode, useTransaction } = this.expressionMap;
    if (lockMode !== undefined) return reader.bypass('lock', () => load(plain));
    if (cache !== undefined) return reader.bypass('cache option', () => load(plain));
    if (useTransaction) return reader.bypass('transaction', () => load(plain));
    this.expressionMap.queryEntity = queriesEntity;
    const asked = askedByBuilder(plain, this.source!.nameOfTarget);
    if (asked === undefined) return reader.bypass('argument', () => load(plain));
    return reader.readBy(plain, name, asked, load);
  }
}

/** Makes a builder read through the cache. */
export function readingThrough<Entity extends ObjectLiteral>(
  builder: SelectQueryBuilder<Entity>,
  source: CachedSource,
): SelectQueryBuilder<Entity> {
  // A builder of some other library's class keeps its methods.
  if (Object.getPrototypeOf(builder) !== SelectQueryBuilder.prototype) return builder;
  Object.setPrototypeOf(builder, CachedSelectQueryBuilder.prototype);
  return Object.assign(builder, { source });
}

function plainViewOf<Entity extends ObjectLiteral>(builder: CachedSelectQueryBuilder<Entity>): Plain<Entity> {
  return Object.assign(Object.create(SelectQueryBuilder.prototype) as Plain<Entity>, builder);
}
