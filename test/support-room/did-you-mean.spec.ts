import { describe, expect, it } from '@jest/globals';
import { closestTo } from '../../lib/support/did-you-mean.js';

const KNOWN = ['storage', 'bus', 'prefix', 'defaultTtl', 'ttl'];

describe('The name that was meant', () => {
  it.each([
    ['storge', 'storage'],
    ['Storage', 'storage'],
    ['defaultTTL', 'defaultTtl'],
    ['tll', 'ttl'],
    ['buss', 'bus'],
  ])('is the one with the fewest letters changed: %s', (unknown, meant) => {
    expect(closestTo(unknown, KNOWN)).toBe(meant);
  });

  it.each(['', 'x', 'lifetime', 'ttttt', 'sub'])('is none when too much would have to change: %j', (unknown) => {
    expect(closestTo(unknown, KNOWN)).toBeUndefined();
  });
});
