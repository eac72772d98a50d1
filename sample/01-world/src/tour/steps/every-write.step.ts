import { counted, milliseconds, thousands } from '../../../../shared/terminal/format.js';
import type { Guide } from '../../../../shared/tour/guide.js';
import type { Step } from '../step.js';
import type { World } from '../world.js';
import { type WriteCase, writeCases } from './write-cases.js';

export const everyWrite: Step = {
  title: 'A write of every kind, and the same question again',
  why: 'The writes are ordinary TypeORM: no line of them knows about the cache.',

  async walk(world, guide) {
    const lines: string[][] = [];
    for (const write of writeCases(world)) {
      lines.push(await check(world, guide, write));
    }
    guide.table(['write', 'took', 'what it changed', 'cached before', 'fresh after'], lines, [1, 3, 4]);
    guide.conclude('Each answer came from the cache before its write, and was what the database says after it.');
  },
};

async function check(world: World, guide: Guide, { kind, what, ask, write, inDatabase }: WriteCase): Promise<string[]> {
  const { stopwatch } = world;
  await ask();
  const before = await stopwatch.measure(ask);
  const written = await stopwatch.measure(write);
  const after = await stopwatch.measure(ask);
  const truth = await inDatabase();
  const again = await stopwatch.measure(ask);

  guide.expect(
    `before ${kind} the answer comes from the cache`,
    before.statements === 0,
    () => `the database got ${counted(before.statements, 'statement')}`,
  );
  guide.expect(
    `after ${kind} the answer is what the database says`,
    after.value === truth,
    () => `the answer is ${after.value} and the database says ${truth}`,
  );
  guide.expect(`${kind} changes the answer`, after.value !== before.value, () => `it is still ${after.value}`);
  guide.expect(
    `after ${kind} the fresh answer is cached again`,
    again.statements === 0 && again.value === truth,
    () => `the database got ${counted(again.statements, 'statement')} for ${again.value}`,
  );
  return [
    kind,
    milliseconds(written.ms),
    `${what}: ${show(before.value)} ${guide.paint('cyan', '→')} ${guide.paint('bold', show(after.value))}`,
    milliseconds(before.ms),
    milliseconds(after.ms),
  ];
}

const show = (value: string | number): string => (typeof value === 'number' ? thousands(value) : value);
