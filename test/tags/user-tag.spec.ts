import { describe, expect, it } from '@jest/globals';
import { parseUserTag, userTag } from '../../lib/tags/user-tag.js';

describe('a tag as a user writes it', () => {
  it.each([
    ['reports', ['reports']],
    ['reports:daily', ['reports', 'daily']],
    ['Grüße 🐘:a.b/c?d=e', ['Grüße 🐘', 'a.b/c?d=e']],
    ['a'.repeat(512), ['a'.repeat(512)]],
    ['🐘'.repeat(512), ['🐘'.repeat(512)]],
  ])('%s is accepted', (spelling, segments) => {
    expect(parseUserTag(spelling)).toEqual(segments);
  });

  it.each([
    '',
    ':',
    'a::b',
    ':a',
    'a:',
    'a\u0000b',
    'a\nb',
    'a\u001fb',
    'a\u007f',
    'a\u0085',
    'a'.repeat(513),
    '🐘'.repeat(513),
  ])('%j is an error that says what is wrong with it', (spelling) => {
    expect(() => parseUserTag(spelling)).toThrow(
      expect.objectContaining({ code: 'INVALID_TAG', message: expect.stringContaining("Write it as 'reports'") }),
    );
  });

  it.each([undefined, null, 7, {}, ['a']])('%p is no tag at all', (value) => {
    expect(() => parseUserTag(value)).toThrow(expect.objectContaining({ code: 'INVALID_TAG' }));
  });

  it('is told from an entity in its place, whose source is not printed', () => {
    class Product {
      readonly price = 1;
    }
    for (const [value, shown] of [
      [Product, '[class Product]'],
      [[Product, 42], '[ [class Product], 42 ]'],
    ] as const) {
      const message = expect.stringContaining(`A tag must be a string: ${shown}. `) as never;
      expect(() => parseUserTag(value)).toThrow(expect.objectContaining({ message }));
      expect(() => parseUserTag(value)).toThrow(
        "an entity is named in a tag as 'Product', and a row of it as 'Product:42'",
      );
    }
  });

  it('stands below its own hierarchy and apart from that of another prefix', () => {
    const daily = userTag('shop', ['reports', 'daily']);
    expect(daily.startsWith(userTag('shop', ['reports']))).toBe(true);
    expect(userTag('crm', ['reports', 'daily'])).not.toBe(daily);
  });
});
