import type { Duration } from '../support/duration.js';
import {
  checkOptions,
  isAnything,
  isBoolean,
  isFunction,
  wrongAnswer,
  type OptionCheck,
} from '../support/check-options.js';
import { checkConsistency, type Consistency } from '../engine/consistency.js';
import { isThenable } from '../support/is-thenable.js';
import { parseUserTag } from '../tags/user-tag.js';
import { isReference, type InvalidationTarget } from './targets.js';

// eslint-disable-next-line typescript/no-explicit-any -- the parameters are those of the decorated method, which a decorator's argument cannot know
type Arguments = any[];

/** How the answers of one method are cached. */
export interface CacheQueryOptions {
  /**
   * How long an answer is kept: milliseconds, or a string such as `'5m'`; a random part of up to 10 % is cut off.
   *
   * `0` caches nothing; `null` or `'never'` keeps it until it is invalidated or evicted.
   *
   * @default the module's `defaultTtl`
   */
  readonly ttl?: Duration | undefined;

  /**
   * What tells one call from another, instead of all its arguments: any value that could be an argument itself. `this`
   * is the instance. For what cannot be part of a key, such as a function or a promise, the call rejects with `INVALID_KEY`.
   *
   * @default all arguments
   */
  readonly key?: ((...args: Arguments) => unknown) | undefined;

  /**
   * Tags that the answer depends on, beside what it read of the database: a list, or a function of the result and the
   * arguments that returns one at once, or a single tag. For an Observable the function is called with each value.
   *
   * An answer for which it returns anything else is not kept, and `onError` hears why.
   */
  readonly tags?: readonly string[] | ((result: never, ...args: Arguments) => readonly string[] | string) | undefined;

  /**
   * What the answer depends on and cannot be seen to read: what the database does behind TypeORM's back, in functions
   * and triggers. An entity stands for its whole table, so that every write to it counts;
   * `[Product, 42]` for one row, and a text for a tag. A list, and the same for every call.
   *
   * An entity that no DataSource has makes the application's start fail.
   */
  readonly dependsOn?: readonly InvalidationTarget[] | undefined;

  /**
   * What else the answer depends on, such as a tenant or a language: any value that could be an argument. It becomes
   * part of the key. `this` is the instance, so a request-scoped provider can name what it takes from its request.
   */
  readonly vary?: ((...args: Arguments) => unknown) | undefined;

  /**
   * Says that all instances of the class answer the same, so that they share their answers: those that a request-scoped
   * provider has for each request and a transient one for each place, those that several factories or modules made, and
   * those that were made of another by `Object.create()`.
   *
   * @default false: such instances keep to themselves
   */
  readonly shared?: boolean | undefined;

  /**
   * How new an answer must be. In one process every level is as good as the strictest.
   *
   * @default the module's `consistency`
   */
  readonly consistency?: Consistency | undefined;

  /**
   * Whether this result must not be kept. It must answer at once: a result for which it returns a promise is not kept,
   * and `onError` hears why. For an Observable it is called with each value.
   */
  readonly unless?: ((result: never) => boolean) | undefined;

  /**
   * What the statistics call it; methods of one name are counted together.
   *
   * @default `Class.method`
   */
  readonly name?: string | undefined;
}

export const CACHE_QUERY_CHECKS: Readonly<Record<keyof CacheQueryOptions, OptionCheck>> = {
  ttl: isAnything,
  key: isFunction,
  tags: isTags,
  dependsOn: isTargets,
  vary: isFunction,
  shared: isBoolean,
  consistency: checkConsistency,
  unless: isFunction,
  name: isName,
};

/** @throws ZooCacheError `INVALID_OPTION` or `INVALID_TAG` */
export function checkCacheQueryOptions(options: unknown, where: string): void {
  checkOptions(options, where, CACHE_QUERY_CHECKS);
}

export function isName(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'a text that is not empty';
}

export function isTags(value: unknown): string | undefined {
  if (typeof value === 'function') return undefined;
  if (!Array.isArray(value)) return 'a list of tags, or a function that returns one';
  for (const tag of value) parseUserTag(tag);
  return undefined;
}

/**
 * The tags that a function among the options has named for an answer.
 *
 * @param where whose option it is, as the reader of an error knows it
 * @throws ZooCacheError `INVALID_OPTION` for what is neither a list nor a tag
 */
export function tagsNamed(answer: unknown, where: string): readonly string[] {
  // A text is a list of its characters to JavaScript, and one tag to whoever wrote it.
  if (typeof answer === 'string') return [answer];
  if (Array.isArray(answer)) return answer as readonly string[];
  throw wrongAnswer('tags', answer, where, "a list of tags such as ['reports:daily'], or a single one");
}

/**
 * Whether a function among the options has said that a result must not be kept.
 *
 * @param where whose option it is, as the reader of an error knows it
 * @throws ZooCacheError `INVALID_OPTION` for a promise, which would be taken for a yes whatever it resolves with
 */
export function isRefusal(answer: unknown, where: string): boolean {
  if (isThenable(answer)) throw wrongAnswer('unless', answer, where, 'true or false');
  return Boolean(answer);
}

function isTargets(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'a list of entities, rows as [Entity, id], and tags';
  for (const target of value) if (!isReference(target)) parseUserTag(target);
  return undefined;
}
