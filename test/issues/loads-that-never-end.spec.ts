import { expect, it } from '@jest/globals';
import { createEngine, Gate } from '../engine/engine-fixture.js';

it('A load that never ends does not keep all who ask later waiting for ever: after 30 seconds one of them loads anew', async () => {
  const { clock, read } = createEngine();
  const [stuck, slow] = [new Gate(), new Gate()];
  let loads = 0;
  const ask = (until: Gate) =>
    read('rates', async () => {
      const load = ++loads;
      await until.opened;
      return load;
    });
  const first = ask(stuck);
  clock.advance(30_000);
  const joining = ask(slow);
  clock.advance(1);
  const late = [ask(slow), ask(slow)];
  expect(loads).toBe(2);
  slow.open();
  expect(await Promise.all(late)).toEqual([2, 2]);
  expect(await ask(slow)).toBe(2);
  // It may end after all, and is older than what is stored.
  stuck.open();
  expect(await first).toBe(1);
  expect(await joining).toBe(3);
  expect(await ask(slow)).toBe(3);
});

it('A load that takes longer than others join it is kept when it ends, until one that began later ends', async () => {
  const { clock, read } = createEngine();
  const gates = [new Gate(), new Gate()];
  let loads = 0;
  const ask = () =>
    read('report', async () => {
      const load = loads++;
      await gates[load].opened;
      return load;
    });
  const first = ask();
  clock.advance(30_001);
  const second = ask();
  gates[0].open();
  expect([await first, await ask()]).toEqual([0, 0]);
  gates[1].open();
  expect([await second, await ask()]).toEqual([1, 1]);
  expect(loads).toBe(2);
});

it('Of several loads that take so long, what the youngest brought stays', async () => {
  const { clock, read } = createEngine();
  const gates = [new Gate(), new Gate(), new Gate()];
  const loads = gates.map((gate, load) => {
    clock.advance(30_001);
    return read('report', () => gate.opened.then(() => load));
  });
  for (const load of [2, 1, 0]) {
    gates[load].open();
    expect(await loads[load]).toBe(load);
    expect(await read('report', 'anew')).toBe(2);
  }
});

it('A load that took so long leaves the one that began behind it for others to join', async () => {
  const { clock, read } = createEngine();
  const [slow, end] = [new Gate(), new Gate()];
  const first = read('report', () => slow.opened.then(() => Promise.reject(new Error('timed out'))));
  clock.advance(30_001);
  const second = read('report', () => end.opened.then(() => 'second'));
  slow.open();
  await expect(first).rejects.toThrow('timed out');
  const third = read('report', 'third');
  end.open();
  expect(await Promise.all([second, third])).toEqual(['second', 'second']);
});
