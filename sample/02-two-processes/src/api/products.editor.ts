import { Injectable, NotFoundException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Product } from './product.entity.js';

class ChangedMyMind extends Error {}

/** The writes. Plain TypeORM: no line here knows about the cache, or about other processes. */
@Injectable()
export class ProductsEditor {
  constructor(private readonly dataSource: DataSource) {}

  /** These products instead of all there are. */
  async replaceAll(products: Product[]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.createQueryBuilder().delete().from(Product).execute();
      await manager.insert(Product, products);
    });
  }

  async setPrice(id: number, price: number): Promise<void> {
    const { affected } = await this.dataSource.getRepository(Product).update({ id }, { price });
    if (affected === 0) {
      throw new NotFoundException(`No product has the id ${id}.`);
    }
  }

  /** Sets a price in a transaction, reads it there, and rolls back; resolves to the price that was read. */
  async tryPrice(id: number, price: number): Promise<number> {
    let seen = 0;
    try {
      await this.dataSource.transaction(async (manager) => {
        await manager.update(Product, { id }, { price });
        seen = (await manager.findOneByOrFail(Product, { id })).price;
        throw new ChangedMyMind();
      });
    } catch (error) {
      if (!(error instanceof ChangedMyMind)) {
        throw error;
      }
    }
    return seen;
  }
}
