import { afterEach } from '@jest/globals';
import { VersioningType, type DynamicModule, type INestApplication, type Provider, type Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import supertest from 'supertest';
import { ZooCacheModule, ZooCacheService, type ZooCacheOptions } from '../../lib/index.js';
import { database, KeptLog, Product } from '../nest/application.js';

export interface Platform {
  readonly name: string;
  readonly adapter: () => ExpressAdapter | FastifyAdapter;
}

/** What Nest speaks HTTP with. */
export const platforms: readonly Platform[] = [
  { name: 'Express', adapter: () => new ExpressAdapter() },
  { name: 'Fastify', adapter: () => new FastifyAdapter() },
];

const running: INestApplication[] = [];

afterEach(async () => {
  for (const application of running.splice(0)) await application.close();
});

export interface HttpParts {
  readonly controllers: Type[];
  readonly providers?: Provider[];
  readonly imports?: DynamicModule[];
  readonly options?: ZooCacheOptions;
  readonly prepare?: (application: INestApplication) => void;
}

/** An application that answers HTTP, closed after the test. */
export async function serve(platform: Platform, parts: HttpParts) {
  const log = new KeptLog();
  const module = await Test.createTestingModule({
    imports: [
      ZooCacheModule.forRoot(parts.options),
      database(),
      TypeOrmModule.forFeature([Product]),
      ...(parts.imports ?? []),
    ],
    controllers: parts.controllers,
    providers: parts.providers ?? [],
  })
    .setLogger(log)
    .compile();
  const app = module.createNestApplication(platform.adapter() as ExpressAdapter, { logger: log });
  app.enableVersioning({ type: VersioningType.URI });
  parts.prepare?.(app);
  await app.init();
  running.push(app);
  if (platform.name === 'Fastify')
    await (app as unknown as NestFastifyApplication).getHttpAdapter().getInstance().ready();
  return { app, log, cache: app.get(ZooCacheService), http: supertest(app.getHttpServer() as never) };
}
