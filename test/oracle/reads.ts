/*
 * Reads as plain data: they are arguments of the cached method, so they make its key, and what a failing history is
 * printed with.
 */

import type { EntityName } from './schema.js';

/** A key: one of those the rows are made with, one that only a write may bring, or the one the database gives next. */
export type Id = number | { readonly next: number; readonly of: string };

export type Value = Id | string | null;

export type Operator =
  | 'equal'
  | 'not'
  | 'in'
  | 'notIn'
  | 'isNull'
  | 'notNull'
  | 'lessThan'
  | 'moreThanOrEqual'
  | 'between'
  | 'like'
  | 'ilike'
  | 'either'
  | 'both'
  | 'raw';

export interface Condition {
  /** A column, or one behind relations: `author.name`. */
  readonly path: string;
  readonly operator: Operator;
  readonly values: readonly [Value, Value];
}

/** Any disjunct, and all of its conditions. */
export type Where = readonly (readonly Condition[])[];

export interface FindRead {
  readonly kind: 'find';
  readonly method:
    | 'find'
    | 'findBy'
    | 'findOne'
    | 'findOneBy'
    | 'findAndCount'
    | 'count'
    | 'countBy'
    | 'exists'
    | 'existsBy'
    | 'sum'
    | 'minimum'
    | 'maximum'
    | 'average'
    | 'findOneByOrFail';
  readonly entity: EntityName;
  readonly where: Where;
  readonly relations: readonly string[];
  readonly orderBy?: string;
  readonly isDescending?: boolean;
  readonly skip?: number;
  readonly take?: number;
  readonly select?: readonly string[];
  readonly withDeleted?: boolean;
  readonly separately?: boolean;
  readonly withoutEager?: boolean;
  /** Lazy relations that are awaited before the answer is given. */
  readonly awaited?: readonly string[];
  /** The find options themselves are the argument of the cached method, operators included. */
  readonly isDirect?: boolean;
}

/** One of the shapes below, with what it asks for. */
export interface ShapedRead {
  readonly kind: 'builder' | 'sql' | 'tree';
  readonly shape: string;
  readonly id: Id;
  readonly other: Id;
  readonly n: number;
  readonly text: string;
}

/** Cached calls inside a cached call. */
export interface NestedRead {
  readonly kind: 'nested';
  readonly together: boolean;
  readonly reads: readonly (FindRead | ShapedRead)[];
}

export type Read = (FindRead | ShapedRead | NestedRead) & {
  /** On which of the DataSources. */
  readonly source?: number;
  /** Makes the same read another one, which nobody has asked before. */
  readonly label?: number;
};

/** The ways in which an answer may come from the cache. */
export type Path =
  /** A cached method reads in an ordinary way. */
  | 'method'
  /** A cached repository, or a query builder made from it. */
  | 'repository'
  /** An ordinary repository, where the application caches what those read. */
  | 'automatic'
  /** TypeORM's own `cache` option. */
  | 'provider';

/** Whether it asks for one row, and says nothing of which. */
export function isOfOne({ method }: FindRead): boolean {
  return method === 'findOneBy' || method === 'findOneByOrFail';
}

/** What figures are kept by. */
export function kindOf(read: Read, path: Path): string {
  switch (read.kind) {
    case 'find':
      return `${path} find ${read.method} ${read.entity}`;
    case 'nested':
      return `${path} nested`;
    default:
      return `${path} ${read.kind} ${read.shape}`;
  }
}
