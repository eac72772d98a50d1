import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { CacheQuery } from '../../lib/index.js';
import { cachingManager } from './caching-manager.js';
import { find, optionsOf, type FindOptions } from './find-reads.js';
import type { FindRead, NestedRead, Path, Read, ShapedRead } from './reads.js';
import { ask } from './shaped-reads.js';

export const SOURCES = Symbol('the DataSources');

const AN_HOUR = 3_600_000;

/** The service whose answers are judged. */
@Injectable()
export class Reader {
  private readonly caching: readonly EntityManager[];

  constructor(@Inject(SOURCES) private readonly sources: readonly DataSource[]) {
    this.caching = sources.map(({ manager }) => cachingManager(manager));
  }

  /** Asks in this way; a cached method the way the read says: by its description, or by its find options themselves. */
  ask(read: Read, path: Path = 'method'): Promise<unknown> {
    if (path === 'method' || read.kind === 'nested') return this.askMethod(read);
    const at = read.source ?? 0;
    if (path === 'repository') return answer(this.caching[at], read);
    const { manager } = this.sources[at];
    if (path === 'automatic' || read.kind !== 'find') return answer(manager, read);
    return find(manager, read, { ...optionsOf(read), cache: AN_HOUR });
  }

  @CacheQuery('1h')
  async run(read: Read): Promise<unknown> {
    if (read.kind === 'nested') return this.nested(read);
    return answer(this.sources[read.source ?? 0].manager, read);
  }

  @CacheQuery('1h')
  async runDirectly(form: FindRead & { readonly source?: number }, options: FindOptions): Promise<unknown> {
    return find(this.sources[form.source ?? 0].manager, form, options);
  }

  /** Reads with the manager of the caller. */
  @CacheQuery('1h')
  async runWith(manager: EntityManager, read: FindRead | ShapedRead): Promise<unknown> {
    return answer(manager, read);
  }

  private askMethod(read: Read): Promise<unknown> {
    if (read.kind !== 'find' || read.isDirect !== true) return this.run(read);
    // Its conditions are in its options.
    return this.runDirectly({ ...read, where: [] }, optionsOf(read));
  }

  private async nested({ reads, together }: NestedRead): Promise<unknown> {
    if (together) return Promise.all(reads.map((read) => this.ask(read)));
    const answers: unknown[] = [];
    for (const read of reads) answers.push(await this.ask(read));
    return answers;
  }
}

function answer(manager: EntityManager, read: FindRead | ShapedRead): Promise<unknown> {
  return read.kind === 'find' ? find(manager, read, optionsOf(read)) : ask(manager, read);
}
