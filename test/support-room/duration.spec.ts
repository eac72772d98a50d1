import { describe, expect, it } from '@jest/globals';
import { ZooCacheError } from '../../lib/errors/zoocache.error.js';
import { parseDuration, suspiciousDuration, type Duration } from '../../lib/support/duration.js';

function errorOf(value: unknown, name = 'defaultTtl'): ZooCacheError {
  try {
    parseDuration(value, name);
  } catch (error) {
    return error as ZooCacheError;
  }
  throw new Error('accepted');
}

describe('a duration', () => {
  const accepted: ReadonlyArray<[Duration, number]> = [
    [0, 0],
    [-0, 0],
    [1, 1],
    [300_000, 300_000],
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['1.1h', 3_960_000],
    ['7d', 604_800_000],
    ['never', Infinity],
    [null, Infinity],
  ];

  it.each(accepted)('written as %p is %p milliseconds', (value, ms) => {
    expect(parseDuration(value, 'ttl')).toBe(ms);
  });

  it('is a whole number of milliseconds, because a storage counts in those', () => {
    expect(parseDuration(1.4, 'ttl')).toBe(1);
    expect(parseDuration('2.6ms', 'ttl')).toBe(3);
  });

  it('that is tiny does not become 0, which would mean "do not cache"', () => {
    expect(parseDuration('0.1ms', 'ttl')).toBe(1);
    expect(parseDuration(0.001, 'ttl')).toBe(1);
  });

  const refused: ReadonlyArray<unknown> = [
    undefined,
    -1,
    '-5s',
    NaN,
    Infinity,
    -Infinity,
    Number.MAX_VALUE,
    '',
    ' ',
    '5',
    '60000',
    '5 minutes',
    '5 m',
    ' 5m',
    '5m\n',
    '5M',
    '.5s',
    '1e3s',
    `${'9'.repeat(400)}d`,
    'Never',
    'constructor',
    true,
    false,
    5n,
    Symbol('5s'),
    {},
    [],
    ['5m'],
    Object.create(null),
    new Date(0),
    { valueOf: () => 5 },
    () => 5,
  ];

  it.each(refused.map((value) => [value]))('%p is refused at once', (value) => {
    expect(errorOf(value).code).toBe('INVALID_DURATION');
  });

  it('that is wrong is named with its value, its option and the way out', () => {
    expect(errorOf('5 minutes').message).toBe(
      "'5 minutes' is not a duration: defaultTtl. Give milliseconds as a number (300000), or a string with its unit: " +
        "'250ms', '30s', '5m', '1.5h', '7d'; 0 means do not cache, null or 'never' means no expiry.",
    );
    expect(errorOf(undefined).message).toMatch(/^undefined is not a duration: defaultTtl\./);
  });

  it('that is a huge string does not make a huge message', () => {
    expect(errorOf('x'.repeat(100_000)).message.length).toBeLessThan(500);
  });
});

describe('a bare number below a second', () => {
  it('is probably meant as seconds, so a warning says what it is', () => {
    expect(suspiciousDuration(60)).toBe("60 is 60 milliseconds; did you mean '60s'?");
    expect(suspiciousDuration(1)).toMatch(/^1 is 1 milliseconds/);
    expect(suspiciousDuration(999)).toMatch(/^999 is 999 milliseconds/);
  });

  it.each([[0], [0.5], [1000], [300_000], [-5], [NaN], ['60ms'], ['60s'], [null], ['never'], [undefined]])(
    '%p leaves no doubt and gets no warning',
    (value) => {
      expect(suspiciousDuration(value)).toBeUndefined();
    },
  );
});
