import { fork } from 'node:child_process';
import { median } from '../harness/measure.js';
import { report } from '../harness/scenario.js';

const ROUNDS = 11;

/** What importing and starting the module adds to a bare Nest application that uses TypeORM. */
await report(async () => {
  const differences: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const bare = await startOnce('bare');
    differences.push((await startOnce('installed')) - bare);
  }
  const ms = median(differences);
  return [
    {
      case: 'import and start, more than a bare Nest application',
      measured: `${ms.toFixed(1)} ms`,
      target: 'at most 30 ms',
      isMet: ms <= 30,
    },
  ];
});

function startOnce(mode: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('../world/start-up-arm.js', import.meta.url), [mode]);
    child.once('message', ({ ms }: { ms: number }) => resolve(ms));
    child.once('exit', (code) => reject(new Error(`the application ended with code ${code}`)));
  });
}
