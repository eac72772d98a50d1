import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { cached, CacheQuery, ZooCacheService } from 'nestjs-zoocache';
import { Repository } from 'typeorm';
import { Animal } from './animal.entity.js';

@Injectable()
export class Keeper {
  constructor(
    @InjectRepository(Animal) private readonly animals: Repository<Animal>,
    private readonly zooCache: ZooCacheService,
  ) {}

  @CacheQuery('5m')
  find(id: number): Promise<Animal | null> {
    return this.animals.findOneBy({ id });
  }

  @CacheQuery({ ttl: '5m', name: 'names' })
  async names(): Promise<string[]> {
    return (await this.animals.find({ order: { id: 'ASC' } })).map(({ name }) => name);
  }

  async isKnown(id: number): Promise<boolean> {
    return (await this.zooCache.explain(this, 'find', id)).isCached;
  }

  count(): Promise<number> {
    return countOf(this.animals);
  }

  add(name: string): Promise<Animal> {
    return this.animals.save(this.animals.create({ name, born: new Date('2020-02-29T12:00:00Z') }));
  }

  async rename(id: number, name: string): Promise<void> {
    await this.animals.update(id, { name });
  }
}

function countOf<Row extends { id: number }>(rows: Repository<Row>): Promise<number> {
  return cached(rows).count();
}
