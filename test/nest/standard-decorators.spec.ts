import { expect, it } from '@jest/globals';
import { transformSync } from 'esbuild';
import { CacheQuery, CacheResponse, Invalidates, NoCache } from '../../lib/index.js';

it.each([
  ['@CacheQuery', CacheQuery('5m'), '@decorator list() {}'],
  ['@CacheResponse', CacheResponse('5m'), '@decorator list() {}'],
  ['@Invalidates', Invalidates('reports'), '@decorator list() {}'],
  ['@NoCache', NoCache(), '@decorator list() {}'],
  ['@NoCache', NoCache(), '} @decorator class list {'],
])(
  '%s says which option of the compiler is missing where decorators are those of ECMAScript',
  (name, decorator, body) => {
    const { code } = transformSync(`class Catalog { ${body} }`, { loader: 'ts', target: 'es2022', tsconfigRaw: {} });
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- written above, in a form that nothing here compiles so
    const define = new Function('decorator', code);
    expect(() => define(decorator)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(new RegExp(`${name} on list\\..*experimentalDecorators`)),
      }),
    );
  },
);
