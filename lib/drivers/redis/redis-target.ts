import { ZooCacheError } from '../../errors/zoocache.error.js';
import { readParameters, type RedisParameters, toWholeNumber } from './redis-parameters.js';

/** One address of a server, a sentinel, or a node of a cluster. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** Where a Redis is and how to talk to it. */
export interface RedisParts extends Omit<RedisParameters, 'db'> {
  readonly kind: 'standalone' | 'sentinel' | 'cluster';
  /** One for a single server, none when it is reached by its socket. */
  readonly hosts: readonly RedisHost[];
  readonly socketPath?: string;
  /** What the sentinels call the primary. */
  readonly masterName?: string;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
}

const FORMS: Readonly<Record<string, { readonly kind: RedisParts['kind']; readonly written: string }>> = {
  redis: { kind: 'standalone', written: "'redis://user:password@host:6379/0'" },
  rediss: { kind: 'standalone', written: "'rediss://user:password@host:6379/0'" },
  'redis+unix': { kind: 'standalone', written: "'redis+unix:///run/redis.sock?db=0'" },
  'redis+sentinel': { kind: 'sentinel', written: "'redis+sentinel://user:password@host:26379,host:26379/name?db=0'" },
  'redis+cluster': { kind: 'cluster', written: "'redis+cluster://user:password@host:6379,host:6379'" },
};

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

/** Whether a URL is one that {@link RedisTarget} reads, by its scheme. */
export function isRedisUrl(url: string): boolean {
  return Object.hasOwn(FORMS, schemeOf(url));
}

/**
 * Checks a URL of Redis.
 *
 * @throws ZooCacheError `INVALID_OPTION` as {@link RedisTarget} does
 */
export function checkRedisUrl(url: string): void {
  read(url, labelOf(url));
}

/**
 * A URL of Redis, read and checked, with nothing opened.
 *
 * Checking stands apart from connecting, because a wrong URL is to fail the start of an application and a Redis that is
 * away is not.
 */
export class RedisTarget {
  /** The URL as messages may show it: with neither user nor password nor parameters. */
  readonly label: string;

  /** Truly private, so that whoever prints the options of an application prints no password. */
  readonly #parts: RedisParts;

  /**
   * @param url `redis://`, `rediss://`, `redis+unix://`, `redis+sentinel://` or `redis+cluster://`; what has a meaning in
   * URLs is percent-encoded in user and password
   * @throws ZooCacheError `INVALID_OPTION` for anything else, and for parameters that are unknown or have no sensible value
   */
  constructor(url: string) {
    this.label = labelOf(url);
    this.#parts = read(url, this.label);
  }

  /** All that the URL says, passwords included. */
  get parts(): RedisParts {
    return this.#parts;
  }
}

function read(url: string, label: string): RedisParts {
  const scheme = schemeOf(url);
  if (!Object.hasOwn(FORMS, scheme)) {
    const known = Object.values(FORMS).map(({ written }) => written);
    throw wrongUrl('This is not the URL of a Redis', label, `Write it like ${known.join(', or ')}`);
  }
  const { kind, written } = FORMS[scheme];
  const next = `Write it like ${written}`;
  const [, userinfo = '', hostText, path = '', query = ''] =
    /^[^:]*:\/\/(?:([^/?#]*)@)?([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(url) ?? [];
  if (hostText === undefined) throw wrongUrl('The URL cannot be read', label, next);

  const { db, ...said } = readParameters(query, scheme, label);
  const isSocket = scheme === 'redis+unix';
  const hosts =
    isSocket && hostText === '' ? [] : readHosts(hostText, kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT);
  if (hosts === undefined || (kind === 'standalone' && hosts.length > 1) || (isSocket && hosts.length > 0)) {
    throw wrongUrl('The hosts of the URL cannot be read', label, next);
  }
  const place = decoded(path.slice(1), label, next);
  const inPath = kind === 'standalone' && !isSocket && place !== '' ? toWholeNumber(place) : undefined;
  if (kind === 'standalone' && !isSocket && place !== '' && inPath === undefined) {
    throw wrongUrl('The path of the URL is not the number of a database', label, next);
  }
  if (inPath !== undefined && db !== undefined) throw wrongUrl('The URL names its database twice', label, next);
  if (kind === 'cluster' && (place !== '' || (db ?? 0) !== 0)) {
    throw wrongUrl('A cluster has one database and no name', label, next);
  }
  if ((kind === 'sentinel' || isSocket) && place === '') {
    throw wrongUrl(isSocket ? 'The URL names no socket' : 'The URL does not name the primary', label, next);
  }
  const [user, password] = splitAtColon(userinfo);
  return {
    ...said,
    ...(scheme === 'rediss' && { tls: said.tls ?? {} }),
    kind,
    hosts,
    ...(isSocket && { socketPath: `/${place}` }),
    ...(kind === 'sentinel' && { masterName: place }),
    ...(user && { username: decoded(user, label, next) }),
    ...(password && { password: decoded(password, label, next) }),
    database: inPath ?? db ?? 0,
  };
}

/** `host:port,host:port`, an IPv6 address in brackets; `undefined` when one of them is neither. */
function readHosts(text: string, defaultPort: number): RedisHost[] | undefined {
  const hosts: RedisHost[] = [];
  for (const one of text.split(',')) {
    const [, host, port] = /^(\[[\da-f:.]+\]|[^\s:[\]]+)(?::(\d{1,5}))?$/i.exec(one) ?? [];
    const number = port === undefined ? defaultPort : Number(port);
    if (host === undefined || number < 1 || number > 65_535) return undefined;
    hosts.push({ host: host.replace(/^\[|\]$/g, ''), port: number });
  }
  return hosts;
}

function splitAtColon(userinfo: string): [string, string] {
  const colon = userinfo.indexOf(':');
  return colon < 0 ? [userinfo, ''] : [userinfo.slice(0, colon), userinfo.slice(colon + 1)];
}

function schemeOf(url: string): string {
  return url.slice(0, Math.max(0, url.indexOf('://'))).toLowerCase();
}

/** Everything up to the last `@` may be a password, wherever it stands. */
function labelOf(url: string): string {
  const end = url.lastIndexOf('@');
  const shown = end < 0 ? url : `${/^[a-z+]+:\/\//i.exec(url)?.[0] ?? ''}${url.slice(end + 1)}`;
  return shown.replace(/[?#].*$/s, '');
}

function decoded(text: string, label: string, next: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrongUrl('The URL has a % that begins no encoded character', label, `${next}, with %25 for a %`);
  }
}

function wrongUrl(what: string, label: string, next: string): ZooCacheError {
  return new ZooCacheError('INVALID_OPTION', { what, name: `'${label}'`, next });
}
