import type { ModulesContainer } from '@nestjs/core';
import type { LocalLog } from '../bus/invalidation-bus.js';
import { Copier } from '../codec/copy/copier.js';
import { Engine } from '../engine/engine.js';
import type { Entry } from '../engine/entry.js';
import { processWritePath } from '../engine/write-path.js';
import { Statistics } from '../events/statistics.js';
import { ClassNames } from '../keys/class-names.js';
import { KeyEncoder } from '../keys/key-encoder.js';
import type { MemoryStorage } from '../storage/memory/memory-storage.js';
import type { CoarseClock } from '../support/coarse-clock.js';
import { ClassBinding } from './binding.js';
import { CachedMethod } from './cached-method.js';
import { DevelopmentWarnings } from './development-warnings.js';
import { Durations } from './durations.js';
import { LogFailures } from './log-failures.js';
import type { MethodSite } from './method-site.js';
import { ProviderScopes } from './provider-scopes.js';
import type { Settings } from './settings.js';
import { Targets } from './targets.js';

/** The parts that one application's cache is made of. */
export interface RuntimeParts {
  readonly settings: Settings;
  readonly storage: MemoryStorage<Entry>;
  readonly log: LocalLog;
  readonly clock: Pick<CoarseClock, 'now' | 'exact'>;
  readonly modules: ModulesContainer;
}

/** The cache of one application: what its decorators, its service and its interceptor work with. */
export class Runtime {
  readonly settings: Settings;
  readonly statistics = new Statistics();
  readonly failures: LogFailures;
  readonly warnings = new DevelopmentWarnings();
  readonly durations = new Durations(this.warnings);
  readonly names = new ClassNames();
  readonly keys: KeyEncoder;
  readonly copier: Copier;
  readonly engine: Engine;
  readonly scopes: ProviderScopes;
  readonly targets: Targets;

  private readonly bindings = new WeakMap<Function, ClassBinding>();
  private readonly detach: () => void;
  private state: 'starting' | 'started' | 'closed' = 'starting';

  constructor(parts: RuntimeParts) {
    const { settings } = parts;
    this.settings = settings;
    this.failures = new LogFailures(this.statistics, settings.onError);
    this.keys = new KeyEncoder({ classNames: this.names });
    this.copier = new Copier(() => undefined, { mode: settings.copy });
    this.engine = new Engine({
      prefix: settings.prefix,
      isEnabled: settings.isEnabled,
      storage: parts.storage,
      log: parts.log,
      clock: parts.clock,
      random: Math.random,
      copier: this.copier,
      statistics: this.statistics,
      failures: this.failures,
    });
    this.scopes = new ProviderScopes(parts.modules);
    this.targets = new Targets(settings.prefix);
    this.detach = processWritePath.attach(parts.log);
  }

  /** Whether all providers exist, so that it can be told which of them belong to a request. */
  get isStarted(): boolean {
    return this.state === 'started';
  }

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  /** All providers exist now: binds those that Nest could not. */
  start(): void {
    if (this.state !== 'starting') return;
    this.state = 'started';
    this.scopes.bindTheRest(this);
  }

  /** Lets go of everything; from now on reads go to the database. May be called twice. */
  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.detach();
    this.engine.close();
  }

  bindingOf(type: Function): ClassBinding {
    let binding = this.bindings.get(type);
    if (binding === undefined) this.bindings.set(type, (binding = new ClassBinding(this, type)));
    return binding;
  }

  cachedMethod(binding: ClassBinding, site: MethodSite): CachedMethod {
    return new CachedMethod(this, binding, site);
  }
}
