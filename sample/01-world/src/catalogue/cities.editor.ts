import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { City } from '../entities/index.js';
import { searchName } from './search-name.js';

export type NewCity = Pick<City, 'name' | 'countryCode' | 'population' | 'latitude' | 'longitude'>;

/** Writes to cities, one of each kind TypeORM knows. Plain TypeORM: no line here knows about the cache. */
@Injectable()
export class CitiesEditor {
  constructor(@InjectRepository(City) private readonly cities: Repository<City>) {}

  /** `save()` of an entity that was read before. */
  async setPopulation(id: number, population: number): Promise<City> {
    const city = await this.cities.findOneBy({ id });
    if (!city) {
      throw unknownCity(id);
    }
    city.population = population;
    return this.cities.save(city);
  }

  /** `update()` by criteria: no entity is loaded. */
  async rename(id: number, name: string): Promise<void> {
    const { affected } = await this.cities.update({ id }, { name, searchName: searchName(name) });
    if (affected === 0) {
      throw unknownCity(id);
    }
  }

  /** `save()` of a new entity. */
  add(city: NewCity): Promise<City> {
    return this.cities.save(this.cities.create({ ...city, searchName: searchName(city.name) }));
  }

  /** `delete()` by criteria. */
  async remove(id: number): Promise<void> {
    const { affected } = await this.cities.delete({ id });
    if (affected === 0) {
      throw unknownCity(id);
    }
  }

  /** Raw SQL: rounds the populations of a country down to thousands. */
  async roundPopulations(countryCode: string): Promise<void> {
    await this.cities.manager.dataSource.query(
      `UPDATE "world_city" SET "population" = "population" / 1000 * 1000 WHERE "countryCode" = $1`,
      [countryCode],
    );
  }
}

const unknownCity = (id: number): NotFoundException => new NotFoundException(`No city has the id ${id}.`);
