import { AsyncResource } from 'node:async_hooks';
import type { DataSource } from 'typeorm';
import { ProcessLog } from '../../lib/bus/local/process-log.js';
import { Copier } from '../../lib/codec/copy/copier.js';
import { Engine } from '../../lib/engine/engine.js';
import { processWritePath } from '../../lib/engine/write-path.js';
import { Statistics, type NameStatistics } from '../../lib/events/statistics.js';
import { ClassNames } from '../../lib/keys/class-names.js';
import { userKey } from '../../lib/keys/cache-key.js';
import { initializedDataSources } from '../../lib/typeorm/databases/data-sources.js';
import { entityPolicyOf, type EntityOptions } from '../../lib/typeorm/entities/entity-options.js';
import { EntityReads } from '../../lib/typeorm/reads/entity-reads.js';
import { describeEntityClass } from '../../lib/typeorm/entities/entity-shape.js';
import { rememberAnswer, rememberingCopies } from '../../lib/typeorm/hooks/handed-out.js';
import { openReads } from '../../lib/typeorm/reads/open-reads.js';

const outside = new AsyncResource('outside');

/** An application as far as the reads of entities know it, without Nest. */
export class Reading {
  readonly reads: EntityReads;
  readonly warnings: string[] = [];

  private readonly statistics = new Statistics();
  private readonly engine: Engine;
  private readonly log = new ProcessLog();
  private readonly ends: (() => void)[];

  constructor(entities: Readonly<Record<string, EntityOptions>> = {}, copy: 'clone' | 'freeze' = 'clone') {
    const { log } = this;
    this.engine = new Engine({
      prefix: 'test',
      isEnabled: true,
      log,
      clock: { now: () => 0, exact: () => 0 },
      random: () => 0,
      copier: rememberingCopies(
        new Copier(describeEntityClass(initializedDataSources), { mode: copy }),
        () => this.reads.wishes,
      ),
      statistics: this.statistics,
      tagsOfResult: (result) => {
        rememberAnswer(result, this.reads.wishes);
        return [];
      },
      failures: {
        report(during, error) {
          throw new Error(during, { cause: error });
        },
      },
    });
    this.reads = new EntityReads({
      engine: this.engine,
      classNames: new ClassNames(),
      statistics: this.statistics,
      defaultTtlMs: 60_000,
      sharesAnswers: copy === 'freeze',
      entities: new Map(Object.entries(entities).map(([name, options]) => [name, entityPolicyOf(options, name)])),
      warn: (text) => void this.warnings.push(text),
    });
    this.ends = [processWritePath.attach(log, this.engine), openReads(this.reads), () => this.engine.close()];
  }

  counts(name: string): Readonly<NameStatistics> {
    return { ...this.statistics.of(name) };
  }

  bypasses(): Record<string, number> {
    return Object.fromEntries(this.statistics.bypasses);
  }

  /** Runs `body` as a cached call of this application, which nobody has made before. */
  load<T>(body: () => Promise<T>): Promise<T> {
    const plan = { ttlMs: 60_000, counters: this.statistics.of('outer') };
    return this.engine.read(userKey(`outer ${++serial}`), plan, body);
  }

  /** The cached call of this name. */
  keep<T>(name: string, body: () => Promise<T>): Promise<T> {
    return this.engine.read(userKey(name), { ttlMs: 60_000, counters: this.statistics.of(name) }, body);
  }

  /** Runs `body` without telling anybody what it writes, as another program would. */
  async unheard<T>(body: () => Promise<T>): Promise<T> {
    const [detach] = this.ends;
    detach();
    try {
      return await body();
    } finally {
      this.ends[0] = processWritePath.attach(this.log, this.engine);
    }
  }

  /** Runs `body` as somebody does who knows nothing of the transactions of the caller. */
  outside<T>(body: () => Promise<T>): Promise<T> {
    return outside.runInAsyncScope(body);
  }

  /** The statements that the DataSource sends from now on. */
  statements(dataSource: DataSource): { take(): string[] } {
    const sent: string[] = [];
    dataSource.setOptions({
      logging: ['query'],
      logger: {
        logQuery: (text: string) => void sent.push(text),
        logQueryError() {},
        logQuerySlow() {},
        logSchemaBuild() {},
        logMigration() {},
        log() {},
      },
    });
    return { take: () => sent.splice(0).filter((text) => !isOwn(text)) };
  }

  close(): void {
    for (const end of this.ends) end();
  }
}

let serial = 0;

/** What the library asks of the catalogue for itself. */
function isOwn(text: string): boolean {
  return /sqlite_master|sqlite_schema|pragma|pg_catalog|information_schema/i.test(text);
}
