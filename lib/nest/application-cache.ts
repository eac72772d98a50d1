import type { InvalidationBus } from '../bus/invalidation-bus.js';
import { BytesCodec } from '../codec/bytes/bytes-codec.js';
import { SerializedValues } from '../codec/bytes/serialized-values.js';
import { Copier } from '../codec/copy/copier.js';
import { Engine } from '../engine/engine.js';
import type { Entry } from '../engine/entry.js';
import { FleetFlight } from '../engine/fleet-flight.js';
import { followed, type FollowedLog } from '../engine/log/followed-log.js';
import { SharedEntries } from '../engine/shared-entries.js';
import { SharedLog } from '../engine/log/shared-log.js';
import { Statistics } from '../events/statistics.js';
import { ClassNames } from '../keys/class-names.js';
import { stampOf } from '../keys/class-stamp.js';
import { KeyEncoder } from '../keys/key-encoder.js';
import { MemoryStorage } from '../storage/memory/memory-storage.js';
import type { CacheStorage } from '../storage/storage.js';
import type { CoarseClock } from '../support/coarse-clock.js';
import type { Timers } from '../support/timers.js';
import { initializedDataSources } from '../typeorm/databases/data-sources.js';
import { EntityDirectory } from '../typeorm/entities/entity-directory.js';
import { EntityReads } from '../typeorm/reads/entity-reads.js';
import { doubtCatalogues } from '../typeorm/statements/heard-data-source.js';
import { describeEntityClass, findEntityClass } from '../typeorm/entities/entity-shape.js';
import { rememberAnswer, rememberingCodec, rememberingCopies } from '../typeorm/hooks/handed-out.js';
import { tagsOfEntities } from '../typeorm/entities/tags-of-entities.js';
import { knownSchemas, schemaFingerprints } from '../typeorm/statements/schema-knowledge.js';
import { processWitnesses } from '../typeorm/witness/witnesses.js';
import { isTypeormHandle } from '../typeorm/library/typeorm-handle.js';
import { DevelopmentWarnings } from './development-warnings.js';
import { Durations } from './durations.js';
import { injectionsInto } from './injections.js';
import { InstanceNumbers } from './instance-numbers.js';
import { LogFailures } from './log-failures.js';
import type { Settings } from './settings.js';
import { Targets } from './targets.js';

/** What a cache is made of that depends on its surroundings. */
export interface CacheParts {
  readonly settings: Settings;
  readonly storage: MemoryStorage<Entry> | CacheStorage;
  readonly bus: InvalidationBus;
  readonly clock: Pick<CoarseClock, 'now' | 'exact'>;
  readonly timers: Timers;
  readonly random: () => number;
}

/** How many records from before the start are heard, to judge what a shared storage holds: about 2 MB, half a second. */
const HISTORY = 20_000;

/** One application's cache: the engine, and everything around it that decorators, service and interceptor share. */
export class ApplicationCache {
  readonly settings: Settings;
  readonly statistics = new Statistics();
  readonly failures: LogFailures;
  readonly warnings = new DevelopmentWarnings();
  readonly durations = new Durations(this.warnings);
  /** Names of classes for people. */
  readonly names = new ClassNames();
  /** Names of classes in keys, which other processes may share. */
  readonly keyNames: ClassNames;
  readonly instances = new InstanceNumbers();
  readonly keys: KeyEncoder;
  readonly copier: Copier;
  readonly engine: Engine;
  readonly targets: Targets;
  readonly reads: EntityReads;

  /** Where the writes of this process are announced, and those of others heard. */
  readonly log: FollowedLog;
  /** The same where others write too: it has to be reached first. */
  readonly sharedLog: SharedLog | undefined;
  /** What all processes hold together, where they do. */
  readonly sharedEntries: SharedEntries | undefined;

  constructor({ settings, storage, bus, clock, timers, random }: CacheParts) {
    const entities = new EntityDirectory(initializedDataSources);
    this.settings = settings;
    this.failures = new LogFailures(this.statistics, settings.onError);
    const far = storage instanceof MemoryStorage ? undefined : storage;
    const near = storage instanceof MemoryStorage ? storage : new MemoryStorage<Entry>(settings.near);
    const exactClock = { now: () => clock.exact() };
    if (bus.local === undefined) {
      this.sharedLog = new SharedLog({
        bus,
        clock: exactClock,
        timers,
        failures: this.failures,
        onLogDown: settings.onLogDown,
        history: far === undefined ? 0 : HISTORY,
        schemas: schemaFingerprints,
        onDefinition: doubtCatalogues,
        isOver: (witness) => processWitnesses.isOver(witness),
        writing: () => processWitnesses.writing(),
      });
    }
    this.log = this.sharedLog ?? followed(bus.local!);
    this.keyNames = new ClassNames(far === undefined ? undefined : (type) => stampOf(type, injectionsInto));
    this.keys = new KeyEncoder({ classNames: this.keyNames, bypass: isTypeormHandle });
    const describe = describeEntityClass(initializedDataSources);
    this.copier = new Copier(describe, { mode: settings.copy });
    this.targets = new Targets(settings.prefix, entities);
    const codec = new BytesCodec({
      describe,
      find: findEntityClass(initializedDataSources),
      classes: settings.classes,
    });
    const sharedEntries =
      far &&
      new SharedEntries({
        storage: far,
        prefix: settings.prefix,
        codec: rememberingCodec(codec, () => this.reads.wishes),
        clock: exactClock,
        timers,
        failures: this.failures,
        schema: knownSchemas,
      });
    this.sharedEntries = sharedEntries;
    this.engine = new Engine({
      prefix: settings.prefix,
      isEnabled: settings.isEnabled,
      storage: near,
      log: this.log,
      sharedEntries,
      fleet:
        sharedEntries && settings.flight === 'shared' ? new FleetFlight(sharedEntries, exactClock, timers) : undefined,
      boundMs: settings.boundMs,
      clock,
      random,
      copier: rememberingCopies(near.wantsBytes ? new SerializedValues(codec) : this.copier, () => this.reads.wishes),
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
      classNames: this.keyNames,
      statistics: this.statistics,
      defaultTtlMs: settings.defaultTtlMs,
      sharesAnswers: settings.copy === 'freeze',
      entities: settings.entities,
      warn: (text) => this.warnings.warn(text),
    });
  }
}
