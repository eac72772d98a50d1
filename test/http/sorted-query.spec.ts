import { describe, expect, it } from '@jest/globals';
import { sortedQuery } from '../../lib/http/sorted-query.js';

describe('The query in a key', () => {
  it.each([
    ['b=2&a=1', 'a=1&b=2'],
    ['a=1&&b=2&', 'a=1&b=2'],
    ['', ''],
    ['&', ''],
    ['b&a', 'a&b'],
  ])('is the same in whatever order parameters come: %s', (query, sorted) => {
    expect(sortedQuery(query)).toBe(sorted);
  });

  it.each([
    ['a=1&a=2', 'a=2&a=1'],
    ['a[]=1&a=2', 'a=2&a[]=1'],
    ['a%5B%5D=1&a=2', 'a=2&a%5B%5D=1'],
    ['a.b=1&a[b]=2', 'a[b]=2&a.b=1'],
    ['%61=1&a=2', 'a=2&%61=1'],
    ['a+b=1&a%20b=2', 'a%20b=2&a+b=1'],
    ['%E0%A4%A=1&%E0%A4%A=2', '%E0%A4%A=2&%E0%A4%A=1'],
  ])('keeps the order of what may be one list: %s and %s', (one, other) => {
    expect(sortedQuery(one)).not.toBe(sortedQuery(other));
  });
});
