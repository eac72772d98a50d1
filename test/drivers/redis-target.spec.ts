import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { isRedisUrl, RedisTarget } from '../../lib/drivers/redis/redis-target.js';

const partsOf = (url: string) => new RedisTarget(url).parts;

describe('A URL of Redis', () => {
  it.each([
    ['redis://localhost', { kind: 'standalone', hosts: [{ host: 'localhost', port: 6379 }], database: 0 }],
    ['redis://10.0.0.1:7000/3', { kind: 'standalone', hosts: [{ host: '10.0.0.1', port: 7000 }], database: 3 }],
    ['REDIS://h/?db=4', { kind: 'standalone', hosts: [{ host: 'h', port: 6379 }], database: 4 }],
    ['redis://[::1]:6380', { kind: 'standalone', hosts: [{ host: '::1', port: 6380 }], database: 0 }],
    ['rediss://h', { kind: 'standalone', hosts: [{ host: 'h', port: 6379 }], tls: {}, database: 0 }],
    [
      'redis+unix:///run/redis.sock?db=1',
      { kind: 'standalone', hosts: [], socketPath: '/run/redis.sock', database: 1 },
    ],
    [
      'redis+sentinel://a,b:5000/main%20one?db=2&sentinelPassword=s&sentinelUsername=u',
      {
        kind: 'sentinel',
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 5000 },
        ],
        masterName: 'main one',
        sentinelUsername: 'u',
        sentinelPassword: 's',
        database: 2,
      },
    ],
    [
      'redis+cluster://a:1,b?tls=true',
      {
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
        ],
        tls: {},
        database: 0,
      },
    ],
  ])('%s is read', (url, parts) => {
    expect(partsOf(url)).toEqual(parts);
  });

  it.each([
    ['redis://ann:p%40ss%3A%2F@h', 'ann', 'p@ss:/'],
    ['redis://:p:q@h', undefined, 'p:q'],
    ['redis://ann@h', 'ann', undefined],
    ['redis+cluster://ann:secret@a,b', 'ann', 'secret'],
    ['redis+sentinel://:secret@a,b/m', undefined, 'secret'],
    ['redis+unix://ann:secret@/run/x.sock', 'ann', 'secret'],
  ])('%s names its user and password', (url, username, password) => {
    const parts = partsOf(url);
    expect([parts.username, parts.password]).toEqual([username, password]);
  });

  it('sets what its parameters say, in milliseconds where they are times', () => {
    expect(
      partsOf(
        'redis://h?connectTimeout=2s&commandTimeout=250&keepAlive=10s&family=6&connectionName=shop' +
          '&tls.rejectUnauthorized=false&tls.servername=cache.example',
      ),
    ).toMatchObject({
      connectTimeoutMs: 2000,
      commandTimeoutMs: 250,
      keepAliveMs: 10_000,
      family: 6,
      connectionName: 'shop',
      tls: { rejectUnauthorized: false, servername: 'cache.example' },
    });
  });

  it('reads certificates when it is checked, so that a wrong path fails the start', () => {
    const directory = mkdtempSync(join(tmpdir(), 'zoo-url-'));
    try {
      writeFileSync(`${directory}/ca.pem`, 'certificate');
      expect(partsOf(`rediss://h?tls.ca=${directory}/ca.pem`).tls).toEqual({ ca: 'certificate' });
      expect(() => partsOf(`rediss://h?tls.key=${directory}/no.pem`)).toThrow(/tls\.key.*PEM file that can be read/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each([
    ['', 'not the URL of a Redis'],
    ['redis:', 'not the URL of a Redis'],
    ['memory://', 'not the URL of a Redis'],
    ['redis://', 'hosts'],
    ['redis://h:0', 'hosts'],
    ['redis://h:65536', 'hosts'],
    ['redis://h:six', 'hosts'],
    ['redis://a,b', 'hosts'],
    ['redis://h/one', 'number of a database'],
    ['redis://h/-1', 'number of a database'],
    ['redis://h/1?db=1', 'database twice'],
    ['redis://h#1', 'cannot be read'],
    ['redis://%zz:x@h', '%25'],
    ['redis+unix://', 'names no socket'],
    ['redis+unix://h/run/x.sock', 'hosts'],
    ['redis+sentinel://a,b', 'does not name the primary'],
    ['redis+sentinel://a,,b/m', 'hosts'],
    ['redis+cluster://a/1', 'one database'],
    ['redis+cluster://a?db=1', 'one database'],
    ['redis://h?conectTimeout=1s', "Did you mean 'connectTimeout'"],
    ['redis://h?tls.rejectUnauthorised=false', "Did you mean 'tls.rejectUnauthorized'"],
    ['redis://h?keyPrefix=x', 'It knows db, connectTimeout'],
    ['redis://h?family=4&family=6', 'given twice'],
    ['redis://h?sentinelPassword=x', 'redis+sentinel:// only'],
    ['redis://h?connectTimeout=0', 'a time above 0'],
    ['redis://h?commandTimeout=never', 'a time above 0'],
    ['redis://h?commandTimeout=soon', 'a time above 0'],
    ['redis://h?family=5', '0, 4 or 6'],
    ['redis://h?db=x', 'from 0 up'],
    ['redis://h?tls=no', 'true, or left out'],
    ['redis://h?tls.rejectUnauthorized=0', 'true or false'],
    ['redis://h?connectionName=', 'not empty'],
  ])('%p is refused before anything is opened, and says why', (url, reason) => {
    expect(() => new RedisTarget(url)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => new RedisTarget(url)).toThrow(expect.objectContaining({ message: expect.stringContaining(reason) }));
  });

  it.each([
    'redis://user:secret@h',
    'redis://user:se/secret@h?db=x',
    'redis://user:s@secret@h/x',
    'redis://user:secret?x@h',
    'redis+sentinel://a?sentinelPassword=secret',
    'redis+sentinel://a/m?sentinelPasword=secret',
    'nothing:secret@h',
  ])('%s shows its password neither in errors nor when it is printed', (url) => {
    let shown: string;
    try {
      const target = new RedisTarget(url);
      shown = inspect(target, { showHidden: true, depth: 9 }) + JSON.stringify(target) + target.label;
    } catch (error) {
      shown = inspect(error, { showHidden: true });
    }
    // What the stack says of this file is no leak.
    expect(shown.replace(/\n\s+at .*/g, '')).not.toContain('secret');
  });

  it('is known by its scheme alone', () => {
    const urls = ['redis://', 'rediss://x', 'Redis+Cluster://x', 'redis+sentinel://x', 'redis+unix:///x'];
    expect(urls.map(isRedisUrl)).toEqual(urls.map(() => true));
    expect(['redis', 'redis:x', 'memory://', 'redis+other://', ''].map(isRedisUrl)).toEqual(Array(5).fill(false));
  });
});
