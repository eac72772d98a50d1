import { Injectable } from '@nestjs/common';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { CachedRepository, CacheQuery, InjectCachedRepository } from 'nestjs-zoocache';
import { DataSource, Repository } from 'typeorm';
import { Animal, Keeper } from '../world/entities.js';
import type { Answers, AnimalWithKeeper } from './answers.js';

/** The answers of the cache, by every way in: cached repositories, their query builder, and decorated methods. */
@Injectable()
export class CachedAnswers implements Answers {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @InjectRepository(Animal) private readonly plainAnimals: Repository<Animal>,
    @InjectCachedRepository(Keeper) private readonly cachedKeepers: CachedRepository<Keeper>,
    @InjectCachedRepository(Animal) private readonly cachedAnimals: CachedRepository<Animal>,
  ) {}

  keeper(id: number): Promise<Keeper | null> {
    return this.cachedKeepers.findOneBy({ id });
  }

  animal(id: number): Promise<Animal | null> {
    return this.cachedAnimals.findOneBy({ id });
  }

  @CacheQuery('1h')
  animalByMethod(id: number): Promise<Animal | null> {
    return this.plainAnimals.findOneBy({ id });
  }

  keepers(): Promise<readonly Keeper[]> {
    return this.cachedKeepers.find({ order: { id: 'ASC' } });
  }

  animalsOf(keeperId: number): Promise<readonly Animal[]> {
    return this.cachedAnimals.find({ where: { keeperId }, order: { id: 'ASC' } });
  }

  keeperWithAnimals(id: number): Promise<Keeper | null> {
    return this.cachedKeepers
      .createQueryBuilder('keeper')
      .leftJoinAndSelect('keeper.animals', 'animal')
      .where('keeper.id = :id', { id })
      .orderBy('animal.id', 'ASC')
      .getOne();
  }

  @CacheQuery('1h')
  animalsWithKeeper(keeperId: number): Promise<readonly AnimalWithKeeper[]> {
    return this.dataSource.query(
      `SELECT a.id, a.life, a.version, a.note, a."keeperId", k.version AS "keeperVersion", k.note AS "keeperNote"
       FROM animal a INNER JOIN keeper k ON k.id = a."keeperId" WHERE a."keeperId" = $1 ORDER BY a.id`,
      [keeperId],
    );
  }

  countOf(keeperId: number): Promise<number> {
    return this.cachedAnimals.countBy({ keeperId });
  }

  async sumOfVersions(): Promise<number> {
    return Number(await this.cachedKeepers.sum('version'));
  }
}
