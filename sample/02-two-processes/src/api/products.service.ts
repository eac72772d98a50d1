import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CacheQuery } from 'nestjs-zoocache';
import { Repository } from 'typeorm';
import { Product } from './product.entity.js';

export interface Report {
  edition: number;
  products: number;
  worth: number;
}

const REPORT_TAKES_MS = 200;

/** The reads: one decorator each, and not a word about other processes. */
@Injectable()
export class ProductsService {
  constructor(@InjectRepository(Product) private readonly products: Repository<Product>) {}

  @CacheQuery('5m')
  byId(id: number): Promise<Product | null> {
    return this.products.findOneBy({ id });
  }

  /** Something that is dear to make: one query, and then some time. Each edition is the same, made anew. */
  @CacheQuery('5m')
  async report(edition: number): Promise<Report> {
    const all = await this.products.find();
    await pause(REPORT_TAKES_MS);
    return { edition, products: all.length, worth: all.reduce((sum, { price }) => sum + price, 0) };
  }
}
