import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Country } from '../entities/index.js';

/** Writes to countries. Plain TypeORM: no line here knows about the cache. */
@Injectable()
export class CountriesEditor {
  constructor(private readonly dataSource: DataSource) {}

  /** Takes the border with one neighbour away and gives it to another: both, on both sides, or neither. */
  async moveBorder(code: string, from: string, to: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const neighboursOf = (country: string) =>
        manager.createQueryBuilder().relation(Country, 'neighbours').of(country);
      await neighboursOf(code).remove(from);
      await neighboursOf(from).remove(code);
      await neighboursOf(code).add(to);
      await neighboursOf(to).add(code);
    });
  }
}
