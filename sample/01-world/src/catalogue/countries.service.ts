import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CacheQuery } from 'nestjs-zoocache';
import { Repository } from 'typeorm';
import { Country } from '../entities/index.js';

@Injectable()
export class CountriesService {
  constructor(@InjectRepository(Country) private readonly countries: Repository<Country>) {}

  @CacheQuery('5m')
  list(region?: string): Promise<Country[]> {
    return this.countries.find({ where: { region }, order: { name: 'ASC' } });
  }

  /** A country with its neighbours, languages and currencies, or null. */
  @CacheQuery('5m')
  byCode(code: string): Promise<Country | null> {
    return this.countries.findOne({
      where: { code },
      relations: { neighbours: true, languages: true, currencies: true },
      order: { neighbours: { name: 'ASC' } },
    });
  }
}
