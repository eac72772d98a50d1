import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { Entry } from '../engine/entry.js';
import type { MemoryStorage } from '../storage/memory/memory-storage.js';
import type { CacheStorage } from '../storage/storage.js';
import type { InvalidationBus } from '../bus/invalidation-bus.js';
import { LOG_CONTEXT } from './development-warnings.js';
import { learnCatalogues } from '../typeorm/hooks/learn-catalogue.js';
import { Runtime } from './runtime.js';
import { checkTargets, durationWarnings, ownProcessWarning, startUpLine } from './start-up.js';
import { ZOO_CACHE_BUS, ZOO_CACHE_RUNTIME, ZOO_CACHE_STORAGE } from './tokens.js';

/**
 * Starts and stops the cache with its application.
 *
 * Nest starts global modules first, so a provider that calls its own cached method from `onModuleInit` finds the cache
 * at work. It stops with the last of the hooks: until then requests are being answered.
 */
@Injectable()
export class Lifecycle implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(
    @Inject(ZOO_CACHE_RUNTIME) private readonly runtime: Runtime,
    @Inject(ZOO_CACHE_BUS) private readonly bus: InvalidationBus,
    @Inject(ZOO_CACHE_STORAGE) private readonly storage: MemoryStorage<Entry> | CacheStorage,
  ) {}

  async onModuleInit(): Promise<void> {
    this.runtime.start();
    await learnCatalogues();
    await this.runtime.reach();
  }

  onApplicationBootstrap(): void {
    this.runtime.reads.check(this.runtime.scopes.dataSources());
    checkTargets(this.runtime);
    this.logger.log(startUpLine(this.runtime));
    const warning = this.runtime.sharedLog === undefined ? ownProcessWarning(process.env) : undefined;
    if (warning !== undefined) this.logger.warn(warning);
    for (const text of [...this.runtime.settings.warnings, ...durationWarnings(this.runtime)]) {
      this.runtime.warnings.warn(text);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    const { settings } = this.runtime;
    await this.runtime.close();
    if (this.bus !== settings.bus) await this.bus.close();
    if (this.storage !== settings.storage && 'close' in this.storage) await this.storage.close?.();
  }
}
