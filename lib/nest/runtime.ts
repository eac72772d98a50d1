import type { ModulesContainer } from '@nestjs/core';
import { joinCopies } from '../engine/other-copies.js';
import type { SharedEntries } from '../engine/shared-entries.js';
import { processWritePath } from '../engine/write-path.js';
import { onHookFailure } from '../typeorm/library/hook-failures.js';
import { migrationStates } from '../typeorm/databases/migrations.js';
import { openReads } from '../typeorm/reads/open-reads.js';
import { ApplicationCache, type CacheParts } from './application-cache.js';
import type { BindingHost } from './binding.js';
import { ClassBinding, type ClassHost } from './class-binding.js';
import type { OpenedParts } from './opened-parts.js';
import { ProviderScopes } from './provider-scopes.js';

/** What one application's cache is made of. */
export interface RuntimeParts extends CacheParts {
  readonly modules: ModulesContainer;
  readonly opened: OpenedParts;
}

/** The cache of one application, and the application's providers as far as they use it. */
export class Runtime extends ApplicationCache implements BindingHost, ClassHost {
  readonly itself: this = this;
  readonly scopes: ProviderScopes;

  private readonly opened: OpenedParts;
  private readonly bindings = new WeakMap<Function, ClassBinding>();
  private readonly detach: readonly (() => void)[];
  private state: 'starting' | 'started' | 'closed' = 'starting';

  constructor(parts: RuntimeParts) {
    super(parts);
    this.scopes = new ProviderScopes(parts.modules);
    this.opened = parts.opened;
    this.detach = [
      processWritePath.attach(this.log, this.engine),
      onHookFailure(this.failures),
      openReads(this.reads),
      joinCopies(),
    ];
  }

  get isStarted(): boolean {
    return this.state === 'started';
  }

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  /**
   * Resolves when what other processes do is heard, or when the application should start anyway.
   *
   * @throws ZooCacheError (rejects) `INVALID_OPTION` as the log does, see {@link SharedLog.start}
   */
  async reach(): Promise<void> {
    await this.sharedLog?.start();
    if (this.sharedEntries !== undefined) await this.sweepAfterMigrations(this.sharedEntries);
  }

  /**
   * A migration that ran elsewhere has changed what others have stored, and nobody heard of it. Perhaps one has where nobody
   * tells: notes go with a clear(), by eviction, and for as long as the storage is away.
   */
  private async sweepAfterMigrations(entries: SharedEntries): Promise<void> {
    const states = await migrationStates();
    const known = await Promise.all(states.map(({ place }) => entries.note(`migrations:${place}`)));
    const isOther = states.some(({ fingerprint }, at) => known[at] !== fingerprint);
    // What was counted stays: it is no answer of a database.
    if (isOther) await this.log.invalidate(this.engine.clearing);
    await Promise.all(states.map(({ place, fingerprint }) => entries.setNote(`migrations:${place}`, fingerprint)));
  }

  /** All providers exist now: binds those that Nest could not. */
  start(): void {
    if (this.state !== 'starting') return;
    this.state = 'started';
    for (const dataSource of this.scopes.dataSources()) this.reads.serve(dataSource);
    this.scopes.bindTheRest(this);
  }

  /** Lets go of everything; from now on reads go to the database. May be called twice. */
  async close(): Promise<void> {
    if (this.state === 'closed') return;
    this.state = 'closed';
    for (const detach of this.detach) detach();
    this.engine.close();
    await this.sharedLog?.close();
    await this.sharedEntries?.close();
    await this.opened.close();
  }

  bindingOf(type: Function): ClassBinding {
    let binding = this.bindings.get(type);
    if (binding === undefined) this.bindings.set(type, (binding = new ClassBinding(this.itself, this.itself, type)));
    return binding;
  }

  isRequestBound(type: Function): boolean {
    return this.scopes.isRequestBound(type);
  }

  whoAnswersFor(type: Function): object | 'any' | undefined {
    return this.scopes.whoAnswersFor(type);
  }
}
