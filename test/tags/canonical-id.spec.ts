import { describe, expect, it } from '@jest/globals';
import { canonicalId, canonicalValue, type ValueKind } from '../../lib/tags/canonical-id.js';

describe('a canonical value is the same for all that the database calls equal', () => {
  const equal: readonly [ValueKind, readonly unknown[]][] = [
    ['integer', [42, '42', 42n, '042']],
    ['integer', [0, -0, '0', '-0', 0n, false]],
    ['integer', [1, '1', true]],
    ['integer', ['9007199254740993', 9007199254740993n]],
    ['integer', ['-9223372036854775808', -(2n ** 63n)]],
    ['integer', ['9223372036854775807', 2n ** 63n - 1n]],
    [
      'uuid',
      [
        'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
        'a0eebc999c0b4ef8bb6d6bb9bd380a11',
        '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}',
      ],
    ],
    ['text', ['Ab', 'ab', 'ab  ']],
    // The second has a letter that is one character to Unicode, of which there is no capital.
    ['text', ['J\u030c', 'j\u030c']],
    ['ascii-text', ['A-b', 'ab', 'a b ']],
    ['boolean', [true, 1, '1', 'true']],
    ['date', ['2026-11-20']],
    ['boolean', [false, 0, '0', 'false']],
  ];
  it.each(equal)('as %s: %j', (kind, values) => {
    const canonical = new Set(values.map((value) => canonicalValue(kind, value)));
    expect(canonical.size).toBe(1);
    expect(canonical).not.toContain(undefined);
  });

  const unlike: readonly [ValueKind, unknown, unknown][] = [
    ['integer', 1, 2],
    ['integer', '9007199254740993', '9007199254740992'],
    ['text', 'a', 'b'],
    ['text', 'a', ' a'],
    ['uuid', 'a0eebc999c0b4ef8bb6d6bb9bd380a11', 'a0eebc999c0b4ef8bb6d6bb9bd380a12'],
  ];
  it.each(unlike)('as %s, %j and %j stay two rows', (kind, one, other) => {
    expect(canonicalValue(kind, one)).not.toBe(canonicalValue(kind, other));
  });
});

describe('what the database might compare in a way of its own has no canonical value', () => {
  const unknown: readonly [ValueKind, unknown][] = [
    ['integer', 1.5],
    ['integer', '1.0'],
    ['integer', ' 1'],
    ['integer', '1abc'],
    ['integer', Number.MAX_SAFE_INTEGER + 1],
    ['integer', '9223372036854775808'],
    ['integer', -(2n ** 63n) - 1n],
    ['integer', null],
    ['integer', undefined],
    ['uuid', 'not a uuid'],
    ['ascii-text', 'café'],
    ['ascii-text', 7],
    ['text', 7],
    ['text', '🐘'.slice(0, 1)],
    ['boolean', 2],
    ['date', '2026-02-30'],
    ['date', '0000-00-00'],
    ['date', '2026-1-1'],
    ['date', '2026-01-01 10:00:00'],
    ['date', new Date(0)],
    ['other', 1],
    ['other', '1.50'],
  ];
  it.each(unknown)('as %s: %p', (kind, value) => {
    expect(canonicalValue(kind, value)).toBeUndefined();
  });
});

describe('a composite id', () => {
  it('keeps the boundaries between its columns, so that two keys never share a row', () => {
    expect(canonicalId(['1', '23'])).not.toBe(canonicalId(['12', '3']));
    expect(canonicalId(['1.1', ''])).not.toBe(canonicalId(['1', '1.']));
  });

  it('is unknown as soon as one of its values is', () => {
    expect(canonicalId(['1', undefined])).toBeUndefined();
    expect(canonicalId([undefined])).toBeUndefined();
  });

  it('of one column is that value', () => {
    expect(canonicalId(['42'])).toBe('42');
  });
});
