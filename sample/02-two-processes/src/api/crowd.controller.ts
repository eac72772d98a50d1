import { Body, Controller, ParseIntPipe, Post } from '@nestjs/common';
import { ZooCacheService } from 'nestjs-zoocache';
import { DatabaseMeter } from '../../../shared/measure/database-meter.js';
import { ProductsService, type Report } from './products.service.js';

export interface CrowdAnswer {
  /** What the callers got: one report, when all of them got the same. */
  reports: Report[];
  callers: number;
  statements: number;
  /** How often the bus or the storage did not answer in time, so that somebody loaded for himself. */
  errors: number;
  ms: number;
}

/** Many callers at once in one process, without a thousand sockets that would be measured instead. */
@Controller('crowd')
export class CrowdController {
  constructor(
    private readonly products: ProductsService,
    private readonly meter: DatabaseMeter,
    private readonly zooCache: ZooCacheService,
  ) {}

  @Post()
  async ask(
    @Body('edition', ParseIntPipe) edition: number,
    @Body('callers', ParseIntPipe) callers: number,
  ): Promise<CrowdAnswer> {
    const { statements } = this.meter.total();
    const { errors } = this.zooCache.stats();
    const startedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: callers }, () => this.products.report(edition)));
    const different = new Map(answers.map((report) => [JSON.stringify(report), report]));
    return {
      reports: [...different.values()],
      callers: answers.length,
      statements: this.meter.total().statements - statements,
      errors: this.zooCache.stats().errors - errors,
      ms: performance.now() - startedAt,
    };
  }
}
