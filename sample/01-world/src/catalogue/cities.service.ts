import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CachedRepository, CacheQuery, InjectCachedRepository } from 'nestjs-zoocache';
import { Between, Repository } from 'typeorm';
import { City } from '../entities/index.js';
import { boundingBox, distanceInKm, type Point } from './geometry.js';
import { searchName } from './search-name.js';

export type CityNearby = City & { km: number };

export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  pages: number;
}

@Injectable()
export class CitiesService {
  constructor(
    @InjectRepository(City) private readonly cities: Repository<City>,
    @InjectCachedRepository(City) private readonly cachedCities: CachedRepository<City>,
  ) {}

  /** One city, or null. A repository that is cached itself needs no decorator: whoever asks it for this row shares the answer. */
  byId(id: number): Promise<City | null> {
    return this.cachedCities.findOneBy({ id });
  }

  @CacheQuery('5m')
  largestOf(countryCode: string, limit = 10): Promise<City[]> {
    return this.cities.find({ where: { countryCode }, order: { population: 'DESC', id: 'ASC' }, take: limit });
  }

  /** The cities within `km` of a point, nearest first: the database cuts out the box, this process the circle. */
  @CacheQuery('5m')
  async near(point: Point, km: number, limit = 20): Promise<CityNearby[]> {
    const { latitudes, longitudes } = boundingBox(point, km);
    const inTheBox = await this.cities.find({
      where: longitudes.map((range) => ({ latitude: Between(...latitudes), longitude: Between(...range) })),
    });
    return inTheBox
      .map((city) => Object.assign(city, { km: distanceInKm(point, city) }))
      .filter((city) => city.km <= km)
      .sort((a, b) => a.km - b.km || a.id - b.id)
      .slice(0, limit);
  }

  /** The cities whose names begin with the prefix, in any case and with or without accents, largest first. */
  @CacheQuery('5m')
  async search(prefix: string, page = 1, size = 20): Promise<Page<City>> {
    const literally = searchName(prefix).replace(/[\\%_]/g, '\\$&');
    const [items, total] = await this.cities
      .createQueryBuilder('city')
      .where(`city.searchName LIKE :prefix ESCAPE '\\'`, { prefix: `${literally}%` })
      .orderBy('city.population', 'DESC')
      .addOrderBy('city.id', 'ASC')
      .offset((page - 1) * size)
      .limit(size)
      .getManyAndCount();
    return { items, total, page, pages: Math.ceil(total / size) };
  }
}
