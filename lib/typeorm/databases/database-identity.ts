import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { DataSource } from 'typeorm';
import { dialectOf } from '../library/dialect.js';

/** The options of all drivers that say where the database is. */
interface Location {
  readonly url?: string;
  readonly host?: string;
  readonly port?: number | string;
  readonly database?: unknown;
  readonly username?: string;
  readonly socketPath?: string;
  readonly replication?: { readonly master?: Location };
  readonly [option: string]: unknown;
}

/** Options of drivers other than the three big families that say which server or database they speak to. */
const PLACES = [
  'sid',
  'serviceName',
  'connectString',
  'connectionString',
  'instanceId',
  'projectId',
  'databaseId',
  'secretArn',
  'resourceArn',
  'domain',
] as const;

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\]|\/.*|)$/;

/** Databases that live in the memory of one driver have no place, only an owner. */
const owners = new WeakMap<object, number>();
let ownerCount = 0;

/**
 * A short text that is the same for every DataSource on one database, in whatever process.
 *
 * Where its server is says nothing: one has many names (`localhost`, an address, a pooler in front of it), and if two
 * processes spelled it differently, neither would hear the other's writes. Databases of one name on two servers are one
 * here, which costs needless misses. A MySQL server is one database too, because its statements may name tables of all of
 * them; so is SQL Server.
 */
export function identityOfDatabase(dataSource: DataSource): string {
  const dialect = dialectOf(dataSource);
  switch (dialect) {
    case 'sqlite':
      return placeOfDatabase(dataSource);
    case 'postgres':
      return named('postgres', databaseOfPostgres(locationOf(dataSource.options as unknown as Location)));
    case 'mysql':
      return 'mysql';
    case 'generic':
      return dataSource.options.type;
  }
}

/** A short text that differs between databases, and may differ between two ways to name the server of one. */
export function placeOfDatabase(dataSource: DataSource): string {
  const options = locationOf(dataSource.options as unknown as Location);
  switch (dialectOf(dataSource)) {
    case 'sqlite':
      return sqliteIdentity(dataSource, options);
    case 'postgres': {
      if (options['resourceArn'] !== undefined) return named('postgres', placesOf(options), options.database);
      const environment = process.env;
      const host = options.host ?? environment['PGHOST'] ?? '';
      const port = options.port ?? environment['PGPORT'] ?? 5432;
      return named('postgres', hostOf(host), Number(port), databaseOfPostgres(options));
    }
    case 'mysql':
      if (options['resourceArn'] !== undefined) return named('mysql', placesOf(options));
      // A socket does not tell the port, so all servers of this machine count as one: names of databases tell them apart.
      if (options.socketPath !== undefined || hostOf(options.host ?? '') === 'local') return named('mysql', 'local');
      return named('mysql', hostOf(options.host ?? ''), Number(options.port ?? 3306));
    case 'generic':
      return named(dataSource.options.type, hostOf(options.host ?? ''), options.port ?? 0, placesOf(options));
  }
}

/** Options that say of whom a statement is asked, and by whom, and what the driver makes of the values in its answer. */
const ACCESS = [
  'host',
  'port',
  'socketPath',
  'username',
  'schema',
  'timezone',
  'charset',
  'dateStrings',
  'supportBigNumbers',
  'bigNumberStrings',
  'parseInt8',
  'invalidWhereValuesBehavior',
] as const;

/**
 * A short text that differs wherever one statement may have two answers: the same in every process with the same options,
 * and another one for another server, whatever it is called there, another user, and another way to read values.
 */
export function accessOfDatabase(dataSource: DataSource): string {
  const options = locationOf(dataSource.options as unknown as Location);
  const database = dialectOf(dataSource) === 'sqlite' ? undefined : options.database;
  // PostgreSQL takes settings of the session there, such as the search path.
  const { options: settings } = (options['extra'] ?? {}) as { readonly options?: unknown };
  const access = [database, settings, ...ACCESS.map((option) => options[option])];
  return named(placeOfDatabase(dataSource), JSON.stringify(access));
}

function databaseOfPostgres({ database, username }: Location): unknown {
  return database ?? process.env['PGDATABASE'] ?? username;
}

/** Whether the database is gone when its connection is closed. */
export function livesInMemory(dataSource: DataSource): boolean {
  if (dataSource.options.type === 'sqljs') return true;
  return dialectOf(dataSource) === 'sqlite' && isMemoryName(dataSource.options.database);
}

function sqliteIdentity(dataSource: DataSource, options: Location): string {
  if (livesInMemory(dataSource)) {
    let owner = owners.get(dataSource.driver);
    if (owner === undefined) owners.set(dataSource.driver, (owner = ++ownerCount));
    return `sqlite:memory-${process.pid}-${owner}`;
  }
  if (typeof options.database !== 'string') return named('sqlite', String(options.database));
  return identityOfFile(options.database, options['location']);
}

/** The identity of the database that is in a file of SQLite. */
export function identityOfFile(path: string, location?: unknown): string {
  return named('sqlite', realPathOf(path), location);
}

function isMemoryName(database: unknown): boolean {
  return typeof database !== 'string' || database === '' || database.includes(':memory:');
}

/** The path with symbolic links resolved, of a file that may not exist yet. */
function realPathOf(path: string): string {
  const absolute = resolve(path.replace(/^file:/, '').replace(/\?.*$/, ''));
  try {
    return realpathSync(absolute);
  } catch {
    try {
      return join(realpathSync(dirname(absolute)), basename(absolute));
    } catch {
      return absolute;
    }
  }
}

function locationOf(options: Location): Location {
  const { replication } = options;
  const own = replication?.master === undefined ? options : { ...options, ...replication.master };
  if (typeof own.url !== 'string') return own;
  try {
    const url = new URL(own.url);
    return {
      ...own,
      host: decodeURIComponent(url.hostname) || (url.searchParams.get('host') ?? undefined) || own.host,
      port: url.port || own.port,
      username: decodeURIComponent(url.username) || own.username,
      database: decodeURIComponent(url.pathname.replace(/^\//, '')) || own.database,
    };
  } catch {
    return { ...own, connectString: own.url };
  }
}

/** All names of this machine are one, and so are its unix sockets. */
function hostOf(host: string): string {
  const folded = host.toLowerCase();
  return LOOPBACK.test(folded) ? 'local' : folded;
}

function placesOf(options: Location): string {
  return PLACES.map((place) => JSON.stringify(options[place]) ?? '').join(',');
}

function named(type: string, ...parts: readonly unknown[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(parts.map(String)))
    .digest('hex');
  return `${type}:${digest.slice(0, 12)}`;
}
