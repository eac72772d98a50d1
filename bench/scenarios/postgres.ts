import { DataSource } from 'typeorm';
import { Arm, overhead } from '../harness/arm.js';
import { report } from '../harness/scenario.js';
import { Product } from '../world/entities.js';
import { onPostgres } from '../world/postgres-server.js';

/** What the module adds to reads and writes that go to PostgreSQL, in CPU time of the application. */
await report(() =>
  onPostgres(async (options) => {
    const dataSource = await new DataSource({ ...options, entities: [Product], synchronize: true }).initialize();
    await dataSource.destroy();
    const file = new URL('../world/postgres-arm.js', import.meta.url);
    const bare = await Arm.start(file, ['bare', JSON.stringify(options)]);
    const installed = await Arm.start(file, ['installed', JSON.stringify(options)]);
    const findings = [];
    for (const [title, plain, cached, count, limit] of [
      ['a read past the cache', 'read', 'read', 400, 2],
      ['a miss, with its fill', 'read', 'cached', 400, 5],
      ['save() of one changed entity', 'save', 'save', 150, 3],
    ] as const) {
      const { percent, halfWidth, rounds } = await overhead(
        { arm: bare, operation: plain },
        { arm: installed, operation: cached },
        count,
        limit,
      );
      findings.push({
        case: `${title}, PostgreSQL`,
        measured: `${percent.toFixed(1)} % +- ${halfWidth.toFixed(1)} (${rounds} rounds)`,
        target: `at most ${limit} %`,
        isMet: percent <= limit,
      });
    }
    bare.stop();
    installed.stop();
    return findings;
  }),
);
