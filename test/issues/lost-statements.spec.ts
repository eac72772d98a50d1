import { AsyncResource } from 'node:async_hooks';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Column, Entity, PrimaryColumn, type EntityManager, type QueryRunner } from 'typeorm';
import { processWritePath } from '../../lib/engine/write-path.js';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Berth {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Berth, { id: 1 }),
};

const WRITE = `UPDATE berth SET guest = 'Eve' WHERE id = 1`;

/** Breaks the connection of a runner, as a network does: the server is not told, and finds out when it answers. */
async function breakConnection(runner: QueryRunner): Promise<void> {
  const client = (await runner.connect()) as { connection?: { stream: Breakable }; stream?: Breakable };
  (client.connection?.stream ?? client.stream)!.destroy(new Error('the network is gone'));
}

interface Breakable {
  destroy(error: Error): void;
}

/** What a pooler tells its clients of who they are is not what the server says. */
function beBehindPooler(client: object): void {
  for (const name of ['processID', 'threadId']) Object.defineProperty(client, name, { value: 1_000_000 });
}

describeDatabases(
  'a write whose connection is lost before it is answered',
  (database) => {
    it('is pending for as long as the server goes on with it', async () => {
      const cached = await CachedReads.open(database, [Berth], reads);
      const { dataSource } = cached;
      await dataSource.manager.insert(Berth, { id: 1, guest: 'nobody' });
      // Whoever asks does not stand in the transaction.
      const ask = AsyncResource.bind(() => cached.ask('row'));
      const wrong = AsyncResource.bind(() => cached.wrong());
      const other = dataSource.createQueryRunner();
      await other.startTransaction();
      await other.query('SELECT * FROM berth WHERE id = 1 FOR UPDATE');

      const runner = dataSource.createQueryRunner();
      await runner.connect();
      const writing = runner.query(WRITE).catch((error: unknown) => error);
      await setTimeout(200);
      await breakConnection(runner);
      expect(await writing).toBeInstanceOf(Error);
      expect(await ask()).toMatchObject({ guest: 'nobody' });
      await setTimeout(400);
      expect(await ask()).toMatchObject({ guest: 'nobody' });

      await other.rollbackTransaction();
      await Promise.all([other.release(), runner.release()]);
      while ((await dataSource.manager.countBy(Berth, { guest: 'Eve' })) === 0) await setTimeout(20);
      expect(await wrong()).toEqual([]);
      while (processWritePath.openMarks > 0) await setTimeout(50);
      expect(await wrong()).toEqual([]);
      expect([await ask(), await cached.cache.has('row')]).toEqual([expect.objectContaining({ guest: 'Eve' }), true]);
    });

    it('is pending until clear() says that it is over, where something in between hides who is connected', async () => {
      const { dataSource, cache } = await CachedReads.open(database, [Berth], reads);
      const [runner, idle] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
      await runner.connect();
      // The pool hands this one out again, for whoever wants to look.
      beBehindPooler((await idle.connect()) as object);
      await idle.release();
      Logger.overrideLogger(false);
      const writing = runner.query(WRITE).catch(() => undefined);
      await breakConnection(runner);
      await writing;
      await runner.release();
      while (cache.stats().errors === 0) await setTimeout(20);
      Logger.overrideLogger(true);
      expect(processWritePath.openMarks).toBe(1);
      await cache.clear();
      expect(processWritePath.openMarks).toBe(0);
    });

    it('is released soon when the server has lost it too', async () => {
      const { dataSource } = await CachedReads.open(database, [Berth], reads);
      const runner = dataSource.createQueryRunner();
      await runner.connect();
      const writing = runner.query(WRITE).catch(() => undefined);
      await breakConnection(runner);
      await writing;
      await runner.release();
      expect(processWritePath.openMarks).toBe(1);
      while (processWritePath.openMarks > 0) await setTimeout(50);
    });
  },
  { only: ({ supportsConcurrentConnections }) => supportsConcurrentConnections },
);
