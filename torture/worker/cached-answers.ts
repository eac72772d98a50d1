import { Injectable } from '@nestjs/common';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { CachedRepository, CacheQuery, InjectCachedRepository } from 'nestjs-zoocache';
import { DataSource, Repository } from 'typeorm';
import { Animal, Keeper } from '../world/entities.js';
import type { AnimalWithKeeper } from './answers.js';
import { RepositoryAnswers } from './repository-answers.js';

/** The answers of the cache, by every way in: cached repositories, their query builder, and decorated methods. */
@Injectable()
export class CachedAnswers extends RepositoryAnswers {
  constructor(
    @InjectDataSource() dataSource: DataSource,
    @InjectRepository(Animal) private readonly plainAnimals: Repository<Animal>,
    @InjectCachedRepository(Keeper) cachedKeepers: CachedRepository<Keeper>,
    @InjectCachedRepository(Animal) cachedAnimals: CachedRepository<Animal>,
  ) {
    super(dataSource, cachedKeepers, cachedAnimals);
  }

  @CacheQuery('1h')
  override animalByMethod(id: number): Promise<Animal | null> {
    return this.plainAnimals.findOneBy({ id });
  }

  @CacheQuery('1h')
  override animalsWithKeeper(keeperId: number): Promise<readonly AnimalWithKeeper[]> {
    return super.animalsWithKeeper(keeperId);
  }
}
