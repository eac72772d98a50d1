import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ZooCacheModule } from 'nestjs-zoocache';
import type { DataSourceOptions } from 'typeorm';

/** An application with nothing in it but a cache that never runs full, and a database. */
export async function openApplication(options: DataSourceOptions): Promise<INestApplicationContext> {
  @Module({
    imports: [
      ZooCacheModule.forRoot('memory://?maxEntries=10000000&maxBytes=4gb'),
      TypeOrmModule.forRoot({ ...options, synchronize: true, retryAttempts: 0 }),
    ],
  })
  class ApplicationModule {}
  return NestFactory.createApplicationContext(ApplicationModule, { logger: ['error'] });
}
