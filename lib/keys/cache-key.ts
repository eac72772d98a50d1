import { ZooCacheError } from '../errors/zoocache.error.js';
import type { ClassNames } from './class-names.js';
import { nameText, stringText } from './text.js';

/**
 * The name of an answer. Keys of methods, of responses and of users start differently (`m:`, `r:`, `u:`), so one kind
 * can never be taken for another.
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

function kindOf(key: unknown): string {
  return key === null ? 'null' : Array.isArray(key) ? 'an array' : typeof key;
}
