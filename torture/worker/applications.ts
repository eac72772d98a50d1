import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ZooCacheModule, ZooCacheService } from 'nestjs-zoocache';
import { DataSource } from 'typeorm';
import { Animal, ENTITIES, Keeper } from '../world/entities.js';
import type { Slot } from '../world/states.js';
import type { Answers } from './answers.js';
import { CachedAnswers } from './cached-answers.js';
import type { WorkerOptions } from './commands.js';
import { DirectAnswers } from './direct-answers.js';
import { NaiveAnswers, type NaiveStore } from './naive-answers.js';

/** An application under torture. */
export interface Application {
  readonly answers: Answers;
  readonly dataSource: DataSource;
  /** How many answers came from the cache. */
  hits(): number;
  /** What the application has to do itself after a commit. */
  afterCommit(slots: readonly Slot[], keepers: number): Promise<void>;
  close(): Promise<void>;
}

/** A Nest application with the module, as a user would write it. */
export async function openCached(
  { database, storage, level }: WorkerOptions,
  onError: (during: string, error: unknown) => void,
): Promise<Application> {
  @Module({
    imports: [
      ZooCacheModule.forRoot({
        storage,
        consistency: level,
        prefix: 'torture',
        onError: ({ during, error }) => onError(during, error),
      }),
      ZooCacheModule.forFeature([Keeper, Animal]),
      TypeOrmModule.forRoot({ ...database, entities: ENTITIES, poolSize: 10 }),
      TypeOrmModule.forFeature(ENTITIES),
    ],
    providers: [CachedAnswers],
  })
  class Zoo {}

  const application = await NestFactory.createApplicationContext(Zoo, { logger: ['error'] });
  const service = application.get(ZooCacheService);
  return {
    answers: application.get(CachedAnswers),
    dataSource: application.get(DataSource),
    hits: () => service.stats().hits,
    afterCommit: () => Promise.resolve(),
    close: () => application.close(),
  };
}

/** The same without it, and with what is usually written instead. */
export async function openNaive({ database, storage }: WorkerOptions): Promise<Application> {
  const dataSource = await new DataSource({ ...database, entities: ENTITIES, poolSize: 10 }).initialize();
  const store = await openStore(storage);
  const answers = new NaiveAnswers(store, new DirectAnswers(dataSource));
  return {
    answers,
    dataSource,
    hits: () => answers.hits,
    afterCommit: (slots, keepers) => answers.committed(slots, keepers),
    close: async () => {
      store.close();
      await dataSource.destroy();
    },
  };
}

async function openStore(storage: string): Promise<NaiveStore & { close(): void }> {
  if (!storage.startsWith('redis:')) {
    const texts = new Map<string, string>();
    return {
      get: (key) => Promise.resolve(texts.get(key) ?? null),
      set: (key, text) => Promise.resolve(texts.set(key, text)),
      delete: (keys) => Promise.resolve(keys.forEach((key) => texts.delete(key))),
      close: () => texts.clear(),
    };
  }
  const { Redis } = await import('ioredis');
  const redis = new Redis(storage);
  redis.on('error', () => {});
  return {
    get: (key) => redis.get(key),
    set: (key, text) => redis.set(key, text, 'PX', 60_000),
    delete: (keys) => redis.del(...keys),
    close: () => redis.disconnect(),
  };
}
