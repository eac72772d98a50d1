import {
  And,
  Between,
  Equal,
  ILike,
  In,
  IsNull,
  LessThan,
  Like,
  MoreThanOrEqual,
  Not,
  Or,
  Raw,
  type EntityManager,
  type FindManyOptions,
  type ObjectLiteral,
  type Repository,
} from 'typeorm';
import type { Condition, FindRead } from './reads.js';
import { entities, type EntityName } from './schema.js';

/** What a find read asks TypeORM for. */
export type FindOptions = FindManyOptions<ObjectLiteral>;

export function repositoryOf(manager: EntityManager, entity: EntityName): Repository<ObjectLiteral> {
  return manager.getRepository<ObjectLiteral>(entities[entity]);
}

/** The columns of an entity's key, or what stands for it in a view. */
export function keyOf(entity: EntityName): readonly string[] {
  if (entity === 'Price') return ['sku', 'currency'];
  return entity === 'Category' ? ['code'] : ['id'];
}

export function optionsOf(read: FindRead): FindOptions {
  const order: Record<string, 'ASC' | 'DESC'> = {};
  if (read.orderBy !== undefined) order[read.orderBy] = read.isDescending ? 'DESC' : 'ASC';
  for (const column of keyOf(read.entity)) order[column] ??= 'ASC';
  const options: FindOptions = { order };
  if (read.where.length > 0) options.where = read.where.map(whereOf);
  if (read.relations.length > 0) options.relations = treeOf(read.relations);
  if (read.skip !== undefined) options.skip = read.skip;
  if (read.take !== undefined) options.take = read.take;
  if (read.select !== undefined) options.select = treeOf([...new Set([...keyOf(read.entity), ...read.select])]);
  if (read.withDeleted === true) options.withDeleted = true;
  if (read.separately === true) options.relationLoadStrategy = 'query';
  if (read.withoutEager === true) options.loadEagerRelations = false;
  return options;
}

/** Runs a read that is made of find options; what is found is complete when it is returned. */
export async function find(
  manager: EntityManager,
  { entity, method, awaited = [], select, orderBy }: FindRead,
  options: FindOptions,
): Promise<unknown> {
  const repository = repositoryOf(manager, entity);
  const where = (options.where ?? {}) as ObjectLiteral;
  const column = select?.[0] ?? orderBy ?? 'id';
  switch (method) {
    case 'find':
      return awaitLazy(await repository.find(options), awaited);
    case 'findBy':
      return sortedByKey(entity, await awaitLazy(await repository.findBy(where), awaited));
    case 'findOne':
      return one(await repository.findOne(options), awaited);
    case 'findOneBy':
      return one(await repository.findOneBy(where), awaited);
    case 'findOneByOrFail':
      return one(await repository.findOneByOrFail(where).catch(() => null), awaited);
    case 'findAndCount':
      return repository.findAndCount(options);
    case 'count':
      return repository.count(options);
    case 'countBy':
      return repository.countBy(where);
    case 'exists':
      return repository.exists(options);
    case 'existsBy':
      return repository.existsBy(where);
    case 'sum':
    case 'minimum':
    case 'maximum':
    case 'average':
      return repository[method](column, where);
  }
}

function whereOf(conditions: readonly Condition[]): ObjectLiteral {
  const where: ObjectLiteral = {};
  for (const condition of conditions) {
    const path = condition.path.split('.');
    const last = path.pop()!;
    let at = where;
    for (const name of path) at = at[name] = typeof at[name] === 'object' ? at[name] : {};
    at[last] = testOf(condition);
  }
  return where;
}

function testOf({ operator, values: [first, second] }: Condition): unknown {
  switch (operator) {
    case 'equal':
      return first ?? IsNull();
    case 'not':
      return Not(first ?? IsNull());
    case 'in':
      return In([first, second].filter((value) => value !== null));
    case 'notIn':
      return Not(In([first, second].filter((value) => value !== null)));
    case 'isNull':
      return IsNull();
    case 'notNull':
      return Not(IsNull());
    case 'lessThan':
      return LessThan(second);
    case 'moreThanOrEqual':
      return MoreThanOrEqual(first);
    case 'between':
      return Between(first, second);
    case 'like':
      return Like(`%${first as string}%`);
    case 'ilike':
      return ILike(`${first as string}%`);
    case 'either':
      return Or(Equal(first), IsNull(), Equal(second));
    case 'both':
      return And(Not(first), MoreThanOrEqual(second));
    case 'raw':
      return Raw((alias) => `${alias} <> :other`, { other: first });
  }
}

function treeOf(paths: readonly string[]): Record<string, object | true> {
  const tree: Record<string, never> = {};
  for (const path of paths) {
    let at: Record<string, object | true> = tree;
    const parts = path.split('.');
    parts.forEach((part, index) => {
      const isLeaf = index === parts.length - 1;
      if (isLeaf) at[part] ??= true;
      else {
        if (typeof at[part] !== 'object') at[part] = {};
        at = at[part] as Record<string, object | true>;
      }
    });
  }
  return tree;
}

async function one(found: ObjectLiteral | null, awaited: readonly string[]): Promise<ObjectLiteral | null> {
  if (found !== null) await awaitLazy([found], awaited);
  return found;
}

async function awaitLazy(found: ObjectLiteral[], awaited: readonly string[]): Promise<ObjectLiteral[]> {
  for (const entity of found) for (const name of awaited) await (entity[name] as Promise<unknown>);
  return found;
}

function sortedByKey(entity: EntityName, found: ObjectLiteral[]): ObjectLiteral[] {
  const text = (row: ObjectLiteral): string =>
    keyOf(entity)
      .map((column) => String(row[column]).padStart(40))
      .join();
  return found.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
