import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CacheQuery } from 'nestjs-zoocache';
import { Repository } from 'typeorm';
import { City, Country } from '../entities/index.js';

export interface RegionStatistics {
  region: string;
  countries: number;
  /** Square kilometres. */
  area: number;
  cities: number;
  /** People who live in one of the cities. */
  population: number;
}

@Injectable()
export class RegionsService {
  constructor(
    @InjectRepository(Country) private readonly countries: Repository<Country>,
    @InjectRepository(City) private readonly cities: Repository<City>,
  ) {}

  /** One line per region. Two grouped queries make one cached answer, which depends on both tables. */
  @CacheQuery('5m')
  async statistics(): Promise<RegionStatistics[]> {
    const lands = await this.countries
      .createQueryBuilder('country')
      .select('country.region', 'region')
      .addSelect('COUNT(*)', 'countries')
      .addSelect('SUM(country.area)', 'area')
      .groupBy('country.region')
      .orderBy('country.region')
      .getRawMany<Record<'region' | 'countries' | 'area', string>>();
    const people = await this.cities
      .createQueryBuilder('city')
      .innerJoin('city.country', 'country')
      .select('country.region', 'region')
      .addSelect('COUNT(*)', 'cities')
      .addSelect('SUM(city.population)', 'population')
      .groupBy('country.region')
      .getRawMany<Record<'region' | 'cities' | 'population', string>>();
    const peopleOf = new Map(people.map((line) => [line.region, line]));
    return lands.map(({ region, countries, area }) => ({
      region,
      countries: Number(countries),
      area: Number(area),
      cities: Number(peopleOf.get(region)?.cities ?? 0),
      population: Number(peopleOf.get(region)?.population ?? 0),
    }));
  }
}
