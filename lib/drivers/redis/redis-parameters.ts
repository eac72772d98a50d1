import { readFileSync } from 'node:fs';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { closestTo } from '../../support/did-you-mean.js';
import { parseDuration } from '../../support/duration.js';

/** What the TLS parameters of a URL say, in the words of `node:tls`. */
export interface RedisTls {
  rejectUnauthorized?: boolean;
  servername?: string;
  /** PEM, read from the file that the parameter names; so are `cert` and `key`. */
  ca?: string;
  cert?: string;
  key?: string;
}

/** What the parameters of a Redis URL say; what is absent was not said. */
export interface RedisParameters {
  db?: number;
  connectTimeoutMs?: number;
  commandTimeoutMs?: number;
  keepAliveMs?: number;
  family?: number;
  connectionName?: string;
  sentinelUsername?: string;
  sentinelPassword?: string;
  /** There as soon as one TLS parameter is. */
  tls?: RedisTls;
}

interface Parameter {
  /** The end of "It must be …". */
  readonly expected: string;
  /** Writes down what the text says; `false` when it says nothing sensible. */
  readonly read: (text: string, into: RedisParameters) => boolean;
  /** The one kind of URL that may have it. @default all */
  readonly only?: string;
}

const duration = (name: 'connectTimeoutMs' | 'commandTimeoutMs' | 'keepAliveMs'): Parameter => ({
  expected: "a time above 0, like '2s' or '500ms', or a number of milliseconds",
  read: (text, into) => {
    const ms = toMilliseconds(text);
    into[name] = ms;
    return ms > 0 && Number.isFinite(ms);
  },
});

const text = (name: 'connectionName' | 'sentinelUsername' | 'sentinelPassword', only?: string): Parameter => ({
  expected: 'a text that is not empty',
  read: (text, into) => {
    into[name] = text;
    return text !== '';
  },
  only,
});

const tlsSwitch: Parameter = {
  expected: 'true, or left out',
  read: (text, into) => {
    into.tls ??= {};
    return text === 'true';
  },
};

const tlsFile = (name: 'ca' | 'cert' | 'key'): Parameter => ({
  expected: 'the path of a PEM file that can be read',
  read: (path, into) => {
    try {
      (into.tls ??= {})[name] = readFileSync(path, 'utf8');
      return true;
    } catch {
      return false;
    }
  },
});

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  db: {
    expected: 'the number of a database, from 0 up',
    read: (text, into) => {
      into.db = toWholeNumber(text);
      return into.db !== undefined;
    },
  },
  connectTimeout: duration('connectTimeoutMs'),
  commandTimeout: duration('commandTimeoutMs'),
  keepAlive: duration('keepAliveMs'),
  family: {
    expected: '0, 4 or 6',
    read: (text, into) => {
      into.family = Number(text);
      return ['0', '4', '6'].includes(text);
    },
  },
  connectionName: text('connectionName'),
  sentinelUsername: text('sentinelUsername', 'redis+sentinel'),
  sentinelPassword: text('sentinelPassword', 'redis+sentinel'),
  tls: tlsSwitch,
  'tls.rejectUnauthorized': {
    expected: 'true or false',
    read: (text, into) => {
      (into.tls ??= {}).rejectUnauthorized = text === 'true';
      return text === 'true' || text === 'false';
    },
  },
  'tls.servername': {
    expected: 'the name that the certificate of the server is for',
    read: (text, into) => {
      (into.tls ??= {}).servername = text;
      return text !== '';
    },
  },
  'tls.ca': tlsFile('ca'),
  'tls.cert': tlsFile('cert'),
  'tls.key': tlsFile('key'),
};

/**
 * Reads the query of a Redis URL.
 *
 * @param scheme of the URL, as some parameters belong to one kind of server
 * @param label the URL as messages may show it
 * @throws ZooCacheError `INVALID_OPTION` for a parameter that is unknown, repeated, of another kind of server, or has no
 * sensible value. The message shows no value, because a password may have come to stand under the wrong name.
 */
export function readParameters(query: string, scheme: string, label: string): RedisParameters {
  const said: RedisParameters = {};
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (parameter === undefined) throw wrong('Redis has no such parameter', name, label, meant(name));
    if (seen.has(name)) throw wrong('A parameter is given twice', name, label, 'Give it once');
    if (parameter.only !== undefined && parameter.only !== scheme) {
      throw wrong(`This parameter is for ${parameter.only}:// only`, name, label, 'Leave it out');
    }
    if (!parameter.read(value, said)) {
      throw wrong('The value of a parameter means nothing', name, label, `It must be ${parameter.expected}`);
    }
    seen.add(name);
  }
  return said;
}

/** The whole number from 0 up that a text is, or `undefined`. */
export function toWholeNumber(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function toMilliseconds(text: string): number {
  try {
    return parseDuration(toWholeNumber(text) ?? text, '');
  } catch {
    return Number.NaN;
  }
}

function meant(name: string): string {
  const known = Object.keys(PARAMETERS);
  const closest = closestTo(name, known);
  return closest === undefined ? `It knows ${known.join(', ')}` : `Did you mean '${closest}'`;
}

function wrong(what: string, name: string, label: string, next: string): ZooCacheError {
  return new ZooCacheError('INVALID_OPTION', { what, name: `'${name}' of '${label}'`, next });
}
