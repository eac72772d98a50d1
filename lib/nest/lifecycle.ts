import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { LOG_CONTEXT } from './development-warnings.js';
import { learnCatalogues } from '../typeorm/hooks/learn-catalogue.js';
import { orClose } from './or-close.js';
import { Runtime } from './runtime.js';
import { checkTargets, durationWarnings, ownProcessWarning, startUpLine } from './start-up.js';
import { ZOO_CACHE_RUNTIME } from './tokens.js';

/**
 * Starts and stops the cache with its application.
 *
 * Nest starts global modules first, so a provider that calls its own cached method from `onModuleInit` finds the cache
 * at work. It stops with the last of the hooks: until then requests are being answered.
 */
@Injectable()
export class Lifecycle implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(@Inject(ZOO_CACHE_RUNTIME) private readonly runtime: Runtime) {}

  async onModuleInit(): Promise<void> {
    const { runtime } = this;
    await orClose(runtime, async () => {
      runtime.start();
      await learnCatalogues();
      await runtime.reach();
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    const { runtime } = this;
    await orClose(runtime, () => {
      runtime.reads.check(runtime.scopes.dataSources());
      checkTargets(runtime);
    });
    this.logger.log(startUpLine(runtime));
    const warning = runtime.sharedLog === undefined ? ownProcessWarning(process.env) : undefined;
    if (warning !== undefined) this.logger.warn(warning);
    for (const text of [...runtime.settings.warnings, ...durationWarnings(runtime)]) runtime.warnings.warn(text);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.runtime.close();
  }
}
