import { ZooCacheError } from '../errors/zoocache.error.js';
import type { ClassNames } from './class-names.js';
import { nameText, stringText } from './text.js';

/**
 * The name of an answer. Keys of methods, of responses, of entities' reads, of statements and of users start differently
 * (`m:`, `r:`, `e:`, `q:`, `u:` or `n:`), so one kind can never be taken for another.
 */
export type CacheKey = string & { readonly __brand: 'CacheKey' };

/** The place in the program that an answer comes from, as far as its key is the same for every call. */
export type Site = string & { readonly __brand: 'Site' };

/** The longest key that a user may give, in characters. */
export const LONGEST_USER_KEY = 4_096;

/**
 * The site of a method: `m:Catalog.byId(`. Computed once per method and class, and then the head of each of its keys.
 *
 * @param constructor the concrete class, since a subclass answers for itself
 */
export function methodSite(names: ClassNames, constructor: Function, method: string): Site {
  return `m:${names.of(constructor)}.${nameText(method)}(` as Site;
}

/**
 * The key of one call of a method: `m:Catalog.byId(42)`.
 *
 * @param args the arguments, as {@link KeyEncoder} encodes them
 * @param vary what else the answer depends on, encoded in the same way
 */
export function methodKey(site: Site, args: string, vary?: string): CacheKey {
  return (vary === undefined ? site + args + ')' : site + args + ')' + vary) as CacheKey;
}

/**
 * The key of a response: `r:GET 9'/products3'p=1`.
 *
 * @param query the query, sorted, without its `?`; empty when there is none
 * @param vary what else the response depends on, as {@link KeyEncoder} encodes it
 */
export function responseKey(method: string, path: string, query: string, vary = ''): CacheKey {
  return `r:${nameText(method)} ${stringText(path)}${stringText(query)}${vary}` as CacheKey;
}

/**
 * The site of all reads of one entity: `e:7'default/Product@300000.`. Computed once, and then the head of their keys.
 *
 * @param dataSource a name that no other DataSource of the application has
 * @param entity a name that no other entity of the DataSource has
 * @param ttlMs how long answers are kept: who keeps them for another time does not share them
 * @param prefix what else separates answers; empty for nothing
 */
export function entitySite(dataSource: string, entity: string, ttlMs: number, prefix: string): Site {
  const separate = prefix === '' ? '' : stringText(prefix);
  return `e:${stringText(dataSource)}/${entity}@${ttlMs}${separate}.` as Site;
}

/**
 * The key of one read of an entity: `e:7'default/Product@300000.row(42)`.
 *
 * @param kind what is asked: one kind for all spellings that mean the same
 * @param asked what it is asked with, as {@link KeyEncoder} encodes it
 */
export function entityKey(site: Site, kind: string, asked: string): CacheKey {
  return (site + kind + '(' + asked + ')') as CacheKey;
}

/** The key of the rows that a statement answers: `q:7'default@1000 8'SELECT 1[]`. */
export function statementKey(dataSource: string, ttlMs: number, asked: string): CacheKey {
  return `q:${stringText(dataSource)}@${ttlMs} ${asked}` as CacheKey;
}

/**
 * The key that a user chose: `u:reports:daily`.
 *
 * @throws ZooCacheError `INVALID_KEY` unless it is a string of 1 to 4,096 characters
 */
export function userKey(key: unknown): CacheKey {
  if (typeof key === 'string' && key !== '' && key.length <= LONGEST_USER_KEY) return ('u:' + key) as CacheKey;
  throw new ZooCacheError('INVALID_KEY', {
    what: 'A cache key must be a string of 1 to 4096 characters',
    name: typeof key === 'string' ? (key === '' ? "''" : `a string of ${key.length} characters`) : kindOf(key),
    next: 'Name the value in a few words, such as `reports:daily`, and use a hash for what is longer',
  });
}

/**
 * The key that a user chose in a namespace: `n:users:eu::7`. No name is empty, so the first two colons in a row end them.
 *
 * @param names those of the namespaces around it, outermost first; none have a colon
 * @throws ZooCacheError `INVALID_KEY` as {@link userKey}
 */
export function namespacedKey(names: readonly string[], key: unknown): CacheKey {
  return names.length === 0 ? userKey(key) : (`${namespaceHead(names)}:${userKey(key).slice(2)}` as CacheKey);
}

/** What the keys of a namespace, and of those in it, begin with, and no others do. */
export function namespaceHead(names: readonly string[]): string {
  return `n:${names.join(':')}:`;
}

/** Whether a user chose the key, in a namespace or outside of any. */
export function isUsersKey(key: string): boolean {
  return key.startsWith('u:') || key.startsWith('n:');
}

function kindOf(key: unknown): string {
  return key === null ? 'null' : Array.isArray(key) ? 'an array' : typeof key;
}
