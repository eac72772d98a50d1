import type { DynamicModule, INestApplication, LoggerService, Provider, Type } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterEach } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ZooCacheModule, type ZooCacheOptions } from '../../lib/index.js';

@Entity()
export class Product {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;

  @Column({ default: 0 })
  price!: number;
}

/** A database of its own, forgotten with its DataSource. */
export function database(name?: string): DynamicModule {
  return TypeOrmModule.forRoot({ type: 'sqljs', name, entities: [Product], synchronize: true, dropSchema: true });
}

/** Keeps what an application logged. */
export class KeptLog implements LoggerService {
  readonly lines: string[] = [];

  log(message: string, context?: string): void {
    if (context === 'ZooCache') this.lines.push(`log ${message}`);
  }

  warn(message: string, context?: string): void {
    if (context === 'ZooCache') this.lines.push(`warn ${message}`);
  }

  error(message: string, ...rest: string[]): void {
    if (rest.at(-1) === 'ZooCache') this.lines.push(`error ${message}`);
  }
}

export interface ApplicationParts {
  readonly options?: string | ZooCacheOptions;
  readonly imports?: (DynamicModule | Type)[];
  readonly providers?: Provider[];
  readonly controllers?: Type[];
  readonly log?: LoggerService;
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

const running: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const application of running.splice(0)) await application.close();
});

/** An application with a database and the cache, started and, after the test, closed. */
export async function start(parts: ApplicationParts = {}): Promise<INestApplication> {
  const { options, imports = [database()], providers = [], controllers = [], log = new KeptLog() } = parts;
  const builder = Test.createTestingModule({
    imports: [ZooCacheModule.forRoot(options), ...imports, TypeOrmModule.forFeature([Product])],
    providers,
    controllers,
  });
  const module = await (parts.override?.(builder) ?? builder).setLogger(log).compile();
  const application = module.createNestApplication({ logger: log });
  await application.init();
  running.push(application);
  return application;
}

/** Does something so many times, one after the other. */
export async function times(count: number, action: () => Promise<void>): Promise<void> {
  for (let time = 0; time < count; time++) await action();
}
