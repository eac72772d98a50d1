import { expect, it } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { describeDatabases } from '../../support/databases.js';
import { builderWrites, entityWrites } from './entity-writes.js';
import { chance, openWorld } from './open-world.js';
import { rawWrites } from './raw-writes.js';
import { withRunner, type World, type WriteKind } from './world.js';
import { WriteOracle } from './write-oracle.js';

/** Seeds that found something once; they stay. */
const FOUND: readonly number[] = [];

const STEPS = 40;

const DEEPEST = 3;

const BACK = new Error('back');

/** Runs writes in transactions and savepoints of which some are kept and others are not, all by chance. */
class RandomWriter {
  readonly story: string[] = [];
  private readonly random: () => number;
  private readonly kinds: readonly WriteKind[];

  constructor(
    private readonly world: World,
    random: () => number,
  ) {
    this.random = random;
    this.kinds = [...entityWrites, ...builderWrites, ...rawWrites].filter(
      ({ on, standsAlone }) => (on?.(world.database) ?? true) && !standsAlone,
    );
  }

  async step(): Promise<void> {
    this.story.length = 0;
    const { dataSource } = this.world;
    if (this.happens(0.3)) await this.settle(this.write(this.world.manager), 'by itself');
    else if (this.happens(0.5))
      await this.settle(
        dataSource.transaction((manager) => this.inside(manager, 1)),
        'transaction',
      );
    else await this.settle(this.byHand(), 'query runner');
  }

  /** What a statement makes of an error is the database's affair: everybody must see the same afterwards. */
  private async settle(work: Promise<unknown>, what: string): Promise<void> {
    try {
      await work;
      this.story.push(`${what} ends well`);
    } catch (error) {
      this.story.push(`${what} ends with ${error === BACK ? 'a rollback' : String(error)}`);
    }
  }

  private byHand(): Promise<void> {
    return withRunner(this.world, async (runner) => {
      await runner.startTransaction();
      try {
        await this.inside(runner.manager, 1);
        await runner.commitTransaction();
      } catch (error) {
        await runner.rollbackTransaction();
        throw error;
      }
    });
  }

  private async inside(manager: EntityManager, depth: number): Promise<void> {
    const count = 1 + Math.floor(this.random() * 3);
    for (let n = 0; n < count; n++) {
      if (depth < DEEPEST && this.happens(0.35)) {
        await this.settle(
          manager.transaction((inner) => this.inside(inner, depth + 1)),
          `savepoint ${depth}`,
        );
      } else await this.write(manager);
    }
    if (this.happens(0.35)) throw BACK;
  }

  private async write(manager: EntityManager): Promise<void> {
    const kind = this.kinds[Math.floor(this.random() * this.kinds.length)];
    this.story.push(kind.title);
    await kind.run({ ...this.world, manager });
  }

  private happens(probability: number): boolean {
    return this.random() < probability;
  }
}

describeDatabases('whatever is written, in whatever transactions', (database) => {
  const seeds = [...FOUND, 1, Number(process.env['ZOO_SEED'] ?? Math.floor(Math.random() * 2 ** 31))];

  it.each(seeds)(
    'the cache agrees with the database afterwards (ZOO_SEED=%d)',
    async (seed) => {
      const random = chance(seed);
      const world = await openWorld(database, random);
      const oracle = new WriteOracle(world.dataSource);
      const writer = new RandomWriter(world, random);
      let changed = 0;
      try {
        for (let step = 0; step < STEPS; step++) {
          const { missed, stale, unmarked, changedRows } = await oracle.judgeNext(`${step}`, () => writer.step());
          changed += changedRows;
          expect({ seed, step, story: writer.story, missed, stale, unmarked }).toMatchObject({
            missed: [],
            stale: [],
            unmarked: [],
          });
        }
      } finally {
        oracle.close();
      }
      expect(changed).toBeGreaterThan(STEPS);
    },
    120_000,
  );
});
