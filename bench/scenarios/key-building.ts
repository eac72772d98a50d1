import { In, Like, MoreThan } from 'typeorm';
import { compare } from '../harness/measure.js';
import { report, times } from '../harness/scenario.js';

const DATE = new Date('2026-01-01T00:00:00Z');

/** Arguments that methods are called with; made anew for every call, as callers do. */
const ARGUMENTS: readonly (readonly [name: string, make: (i: number) => readonly unknown[], limit: number])[] = [
  ['an id', (i) => [i], 1.1],
  ['{ where: { id } }', (i) => [{ where: { id: i } }], 1.1],
  [
    'where, relations, order and page',
    (i) => [
      {
        where: { category: 'books', isActive: true, authorId: i },
        relations: { author: true, tags: true },
        order: { createdAt: 'DESC', id: 'ASC' },
        skip: 20,
        take: 10,
      },
    ],
    1.1,
  ],
  [
    'OR with In, MoreThan and Like',
    (i) => [
      {
        where: [
          { id: In(Array.from({ length: 20 }, (_, n) => i + n)), createdAt: MoreThan(DATE) },
          { title: Like('%zoo%') },
        ],
        take: 10,
      },
    ],
    1.1,
  ],
];

/** Building the canonical key of a call, against JSON.stringify of the same arguments, which is not injective. */
await report(async () => {
  const { KeyEncoder } = await import('../../lib/keys/key-encoder.js');
  const encoder = new KeyEncoder();
  const findings = [];
  for (const [name, make, limit] of ARGUMENTS) {
    const calls = Array.from({ length: 64 }, (_, i) => make(i));
    let length = 0;
    const { ratios } = await compare([
      {
        name: 'JSON.stringify',
        run(count) {
          for (let i = 0; i < count; i++) length += JSON.stringify(calls[i & 63]).length;
        },
      },
      {
        name: 'key',
        run(count) {
          for (let i = 0; i < count; i++) length += encoder.encode(calls[i & 63])!.length;
        },
      },
    ]);
    if (length === 0) throw new Error('nothing was encoded');
    const ratio = ratios.get('key')!;
    findings.push({
      case: `building a key from ${name}`,
      measured: times(ratio),
      target: `at most ${limit} x JSON.stringify`,
      isMet: ratio.median <= limit,
    });
  }
  return findings;
});
