import { ZooCacheError } from '../errors/zoocache.error.js';
import { below, segmentsOf, tagOf, type Tag } from './tag.js';

/** The longest tag that is accepted, in characters; one outside of the basic plane is one, though two to JavaScript. */
const MAX_LENGTH = 512;

// eslint-disable-next-line no-control-regex -- control characters are exactly what must be refused
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * The segments of a tag as a user writes it, for example `reports:daily`.
 *
 * @throws ZooCacheError `INVALID_TAG` for anything that is not 1 to 512 characters without control characters, and for
 * empty segments (`''`, `'a::b'`, `':a'`, `'a:'`), because a typing slip there would quietly name something else.
 */
export function parseUserTag(spelling: unknown): readonly string[] {
  if (typeof spelling !== 'string') throw invalid('A tag must be a string', String(spelling), notText(spelling));
  if (spelling.length > MAX_LENGTH) {
    const { length } = Array.from(spelling);
    if (length > MAX_LENGTH) {
      throw invalid(`A tag has at most ${MAX_LENGTH} characters, and this one has ${length}`, spelling.slice(0, 60));
    }
  }
  if (CONTROL_CHARACTER.test(spelling))
    throw invalid('A tag must not hold control characters', JSON.stringify(spelling));
  const segments = spelling.split(':');
  if (segments.includes('')) throw invalid('A tag must not have empty segments', `'${spelling}'`);
  return segments;
}

/** The node of a user's tag; every prefix has its own, so applications that share a log do not hear each other's. */
export function userTag(prefix: string, segments: readonly string[]): Tag {
  let tag = tagOf('#' + prefix);
  for (const segment of segments) tag = below(tag, segment);
  return tag;
}

/** How the tag's user wrote it; undefined for a tag that is none of this prefix. */
export function spellingOf(prefix: string, tag: Tag): string | undefined {
  const [top, ...segments] = segmentsOf(tag);
  return top === '#' + prefix && segments.length > 0 ? segments.join(':') : undefined;
}

/** The node of everything that is stored under a prefix; sweeping it empties the prefix. */
export function prefixTag(prefix: string): Tag {
  return tagOf('!' + prefix);
}

/**
 * The node of one key that a user chose: touched when the key is set or removed, so that other processes forget what they
 * hold of it. It stands below the prefix, which is swept when everything is.
 */
export function keyTag(prefix: string, key: string): Tag {
  return below(prefixTag(prefix), key);
}

/** The key that a node stands for; undefined for a tag that is no key of this prefix. */
export function keyOf(prefix: string, tag: Tag): string | undefined {
  const [top, key] = segmentsOf(tag);
  return tagOf(top) === prefixTag(prefix) ? key : undefined;
}

/** Whether users of the prefix name it, or a key of theirs: it says nothing about a database. */
export function isOfUsers(prefix: string, tag: Tag): boolean {
  const [top] = segmentsOf(tag);
  return top === '#' + prefix || tagOf(top) === prefixTag(prefix);
}

const WRITTEN = "Write it as 'reports' or 'reports:daily', with ':' only between segments";

function invalid(what: string, name: string, next = WRITTEN): ZooCacheError {
  return new ZooCacheError('INVALID_TAG', { what, name, next });
}

function notText(value: unknown): string {
  return value === undefined
    ? `${WRITTEN}; if it is an entity that is undefined, two files import each other`
    : WRITTEN;
}
