import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ZooCacheModule, type ZooCacheOptions } from 'nestjs-zoocache';
import type { DataSourceOptions } from 'typeorm';

/** An application with nothing in it but a cache, which never runs full unless it is another, and a database. */
export async function openApplication(
  options: DataSourceOptions,
  cache: ZooCacheOptions = { storage: 'memory://?maxEntries=10000000&maxBytes=4gb' },
): Promise<INestApplicationContext> {
  @Module({
    imports: [
      ZooCacheModule.forRoot(cache),
      TypeOrmModule.forRoot({ ...options, synchronize: true, retryAttempts: 0 }),
    ],
  })
  class ApplicationModule {}
  return NestFactory.createApplicationContext(ApplicationModule, { logger: ['error'] });
}
