import type { LocalLog } from '../bus/invalidation-bus.js';
import { BytesCodec } from '../codec/bytes/bytes-codec.js';
import { SerializedValues } from '../codec/bytes/serialized-values.js';
import { Copier } from '../codec/copy/copier.js';
import { Engine } from '../engine/engine.js';
import type { Entry } from '../engine/entry.js';
import { Statistics } from '../events/statistics.js';
import { ClassNames } from '../keys/class-names.js';
import { KeyEncoder } from '../keys/key-encoder.js';
import type { MemoryStorage } from '../storage/memory/memory-storage.js';
import type { CoarseClock } from '../support/coarse-clock.js';
import { initializedDataSources } from '../typeorm/data-sources.js';
import { EntityDirectory } from '../typeorm/entity-directory.js';
import { EntityReads } from '../typeorm/entity-reads.js';
import { describeEntityClass, findEntityClass } from '../typeorm/entity-shape.js';
import { rememberAnswer, rememberingCopies } from '../typeorm/handed-out.js';
import { tagsOfEntities } from '../typeorm/tags-of-entities.js';
import { isTypeormHandle } from '../typeorm/typeorm-handle.js';
import { DevelopmentWarnings } from './development-warnings.js';
import { Durations } from './durations.js';
import { InstanceNumbers } from './instance-numbers.js';
import { LogFailures } from './log-failures.js';
import type { Settings } from './settings.js';
import { Targets } from './targets.js';

/** What a cache is made of that depends on its surroundings. */
export interface CacheParts {
  readonly settings: Settings;
  readonly storage: MemoryStorage<Entry>;
  readonly log: LocalLog;
  readonly clock: Pick<CoarseClock, 'now' | 'exact'>;
  readonly random: () => number;
}

/** One application's cache: the engine, and everything around it that decorators, service and interceptor share. */
export class ApplicationCache {
  readonly settings: Settings;
  readonly statistics = new Statistics();
  readonly failures: LogFailures;
  readonly warnings = new DevelopmentWarnings();
  readonly durations = new Durations(this.warnings);
  readonly names = new ClassNames();
  readonly instances = new InstanceNumbers();
  readonly keys: KeyEncoder;
  readonly copier: Copier;
  readonly engine: Engine;
  readonly targets: Targets;
  readonly reads: EntityReads;

  constructor({ settings, storage, log, clock, random }: CacheParts) {
    const entities = new EntityDirectory(initializedDataSources);
    this.settings = settings;
    this.failures = new LogFailures(this.statistics, settings.onError);
    this.keys = new KeyEncoder({ classNames: this.names, bypass: isTypeormHandle });
    const describe = describeEntityClass(initializedDataSources);
    this.copier = new Copier(describe, { mode: settings.copy });
    this.targets = new Targets(settings.prefix, entities);
    this.engine = new Engine({
      prefix: settings.prefix,
      isEnabled: settings.isEnabled,
      storage,
      log,
      clock,
      random,
      copier: rememberingCopies(
        storage.wantsBytes
          ? new SerializedValues(
              new BytesCodec({ describe, find: findEntityClass(initializedDataSources), classes: settings.classes }),
            )
          : this.copier,
        () => this.reads.wishes,
      ),
      statistics: this.statistics,
      failures: this.failures,
      tagsOfResult: (result, captured) => {
        // Who loads is given what others get from the cache, and may save it likewise.
        rememberAnswer(result, this.reads.wishes);
        return tagsOfEntities(entities, result, captured);
      },
    });
    this.reads = new EntityReads({
      engine: this.engine,
      classNames: this.names,
      statistics: this.statistics,
      defaultTtlMs: settings.defaultTtlMs,
      sharesAnswers: settings.copy === 'freeze',
      entities: settings.entities,
      warn: (text) => this.warnings.warn(text),
    });
  }
}
