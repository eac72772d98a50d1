import { setTimeout as pause } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Product } from '../api/product.entity.js';
import type { DatabaseOptions } from './database-options.js';

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** A connection past every cache: makes the table, tells what the database itself says, and can make writers wait. */
export class Witness {
  private constructor(private readonly dataSource: DataSource) {}

  static async open(options: DatabaseOptions): Promise<Witness> {
    return new Witness(await new DataSource({ ...options, entities: [Product], synchronize: true }).initialize());
  }

  async priceOf(id: number): Promise<number> {
    return (await this.dataSource.getRepository(Product).findOneByOrFail({ id })).price;
  }

  /** Does something while a product is locked, so that writes to it wait for the end of that. */
  async whileLocked<T>(id: number, work: () => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await manager.findOneOrFail(Product, { where: { id }, lock: { mode: 'pessimistic_write' } });
      return work();
    });
  }

  /** Resolves when an UPDATE of a product waits for a lock. */
  async untilAnUpdateWaits(): Promise<void> {
    await this.until('an UPDATE waits', async () => {
      const waiting: unknown[] = await this.dataSource.query(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE "shop_product"%'`,
      );
      return waiting.length > 0;
    });
  }

  /** Resolves when the database has this price. */
  async untilPriceIs(id: number, price: number): Promise<void> {
    await this.until(`product ${id} costs ${price}`, async () => (await this.priceOf(id)) === price);
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }

  private async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await isSo())) {
      if (performance.now() > deadline) {
        throw new Error(`The database was to come to where ${what}, and did not in ${PATIENCE_MS} ms.`);
      }
      await pause(LOOK_EVERY_MS);
    }
  }
}
