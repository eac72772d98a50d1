import { describe, expect, it } from '@jest/globals';
import { leftOut } from './left-out.reporter.mjs';

const absent = { redis: { title: 'Redis', reason: 'there is no program redis-server', fix: 'install it' } };
const file = (...tests: [status: string, fullName: string][]) => ({
  testFilePath: '/a.spec.ts',
  testResults: tests.map(([status, fullName]) => ({ status, fullName })),
});

describe('What a run left out', () => {
  it('is nothing when every test ran, passed or not', () => {
    expect(leftOut([file(['passed', 'a'], ['failed', 'b'])], absent)).toEqual([]);
  });

  it('is counted by the service the tests needed, across files, with the reason and the way out', () => {
    const results = [
      file(['pending', 'A [left out: redis] b'], ['passed', 'c']),
      file(['pending', 'D [left out: redis] e']),
    ];
    expect(leftOut(results, absent)).toEqual([{ tests: 2, ...absent.redis }]);
  });

  it('names the file of a test that is switched off, so that no skip is silent', () => {
    expect(leftOut([file(['pending', 'a'], ['todo', 'b'])], absent)).toEqual([
      { tests: 2, title: 'switched off in /a.spec.ts' },
    ]);
  });
});
