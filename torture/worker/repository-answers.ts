import type { DataSource, Repository } from 'typeorm';
import type { Animal, Keeper } from '../world/entities.js';
import type { Answers, AnimalWithKeeper } from './answers.js';

/** The answers of repositories, which are those of the database unless the repositories have them from elsewhere. */
export class RepositoryAnswers implements Answers {
  constructor(
    private readonly dataSource: DataSource,
    private readonly allKeepers: Repository<Keeper>,
    private readonly allAnimals: Repository<Animal>,
  ) {}

  keeper(id: number): Promise<Keeper | null> {
    return this.allKeepers.findOneBy({ id });
  }

  animal(id: number): Promise<Animal | null> {
    return this.allAnimals.findOneBy({ id });
  }

  animalByMethod(id: number): Promise<Animal | null> {
    return this.animal(id);
  }

  keepers(): Promise<readonly Keeper[]> {
    return this.allKeepers.find({ order: { id: 'ASC' } });
  }

  animalsOf(keeperId: number): Promise<readonly Animal[]> {
    return this.allAnimals.find({ where: { keeperId }, order: { id: 'ASC' } });
  }

  keeperWithAnimals(id: number): Promise<Keeper | null> {
    return this.allKeepers
      .createQueryBuilder('keeper')
      .leftJoinAndSelect('keeper.animals', 'animal')
      .where('keeper.id = :id', { id })
      .orderBy('animal.id', 'ASC')
      .getOne();
  }

  animalsWithKeeper(keeperId: number): Promise<readonly AnimalWithKeeper[]> {
    return this.dataSource.query(
      `SELECT a.id, a.life, a.version, a.note, a."keeperId", k.version AS "keeperVersion", k.note AS "keeperNote"
       FROM animal a INNER JOIN keeper k ON k.id = a."keeperId" WHERE a."keeperId" = $1 ORDER BY a.id`,
      [keeperId],
    );
  }

  countOf(keeperId: number): Promise<number> {
    return this.allAnimals.countBy({ keeperId });
  }

  async sumOfVersions(): Promise<number> {
    return Number(await this.allKeepers.sum('version'));
  }
}
