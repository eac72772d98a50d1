import { ZooCacheError } from '../errors/zoocache.error.js';
import { shown } from '../support/check-options.js';
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
  if (typeof spelling !== 'string') throw invalid('A tag must be a string', shown(spelling), notText(spelling));
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

/** The node of a namespace of users' keys, below those around it; sweeping it empties all of it. */
export function namespaceTag(prefix: string, names: readonly string[]): Tag {
  return names.reduce<Tag>((tag, name) => below(tag, IN_NAMESPACE + name), prefixTag(prefix));
}

/**
 * The node of one key that a user chose: touched when the key is set or removed, so that other processes forget what they
 * hold of it. It stands below its namespace, if it has one, and below the prefix, which is swept when everything is.
 */
export function keyTag(prefix: string, key: string): Tag {
  if (!key.startsWith(IN_NAMESPACE)) return below(prefixTag(prefix), key);
  const end = key.indexOf('::');
  return below(namespaceTag(prefix, key.slice(2, end).split(':')), OUTSIDE + key.slice(end + 2));
}

/** The key that a node stands for, as its user wrote it; undefined for a tag that is no key of this prefix. */
export function keyOf(prefix: string, tag: Tag): string | undefined {
  return partsOf(prefix, tag)
    ?.find((part) => !part.startsWith(IN_NAMESPACE))
    ?.slice(2);
}

/** The namespaces, joined by colons, that a node stands for or stands in; empty for none. */
export function namespaceOf(prefix: string, tag: Tag): string {
  const names = partsOf(prefix, tag)?.filter((part) => part.startsWith(IN_NAMESPACE)) ?? [];
  return names.map((name) => name.slice(2)).join(':');
}

/** How the names of namespaces begin in tags, and the keys that stand in them in storages. */
const IN_NAMESPACE = 'n:';

/** How the keys of users begin. */
const OUTSIDE = 'u:';

function partsOf(prefix: string, tag: Tag): readonly string[] | undefined {
  const [top, ...parts] = segmentsOf(tag);
  return tagOf(top) === prefixTag(prefix) ? parts : undefined;
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
  if (value === undefined) return `${WRITTEN}; if it is an entity that is undefined, two files import each other`;
  const mayNameEntity = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return mayNameEntity
    ? `${WRITTEN}; an entity is named in a tag as 'Product', and a row of it as 'Product:42'`
    : WRITTEN;
}
