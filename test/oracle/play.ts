import { AsyncResource } from 'node:async_hooks';
import type { EntityManager, QueryRunner } from 'typeorm';
import type { Figures } from './figures.js';
import type { Act, Crowd, History, Interleaved, Saved, Single, Step, Transaction } from './history.js';
import { picture, vandalise } from './picture.js';
import { isOfOne, kindOf, type Path, type Read } from './reads.js';
import { isSame } from './same.js';
import { Author } from './schema.js';
import type { World } from './world.js';
import { opensTransactions, perform, type Wanted, type Write } from './writes.js';

const BACK = new Error('back');

/** How many reads are looked at in the midst of a transaction; all of them are after it. */
const LOOKS = 3;

/**
 * Plays a history, and asks all of its reads through the cache and past it after every step.
 *
 * Rejects as soon as the two differ.
 */
export async function play(world: World, history: History, figures: Figures): Promise<void> {
  await world.begin();
  const { reads, steps } = world.concrete(history);
  const player = new Player(world, reads, figures);
  figures.histories++;
  // Twice, because only the second answer shows that the first was kept.
  for (const when of ['the beginning', 'the beginning, again']) await player.compareAll(when);
  for (const [at, step] of steps.entries()) {
    figures.steps++;
    await player.take(step);
    if (step.step !== 'write') await world.repair();
    await player.compareAll(`after step ${at}`);
  }
}

/** What came of a question. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** What a read that was asked in the midst of a transaction is asked by again. */
const METHOD_ONLY: readonly Path[] = ['method'];

class Player {
  /** What each read answered last. */
  private readonly known = new Map<Read, unknown>();
  private looked = 0;
  /** Reads that were asked for the first time in the midst of a transaction. */
  private readonly late: Read[] = [];
  private difference: string | undefined;
  /** Others write between any two reads, so that two answers need not be the same. */
  private isCrowded = false;

  constructor(
    private readonly world: World,
    private readonly reads: readonly Read[],
    private readonly figures: Figures,
  ) {}

  async compareAll(when: string): Promise<void> {
    await this.world.fromOutside(async () => {
      for (const read of this.late.splice(0)) await this.compare(read, when, METHOD_ONLY);
      for (const read of this.reads) await this.compare(read, when);
    });
    // Found in the midst of a transaction it had to wait for its end.
    if (this.difference !== undefined) throw new Error(this.difference);
  }

  async take(step: Step): Promise<void> {
    switch (step.step) {
      case 'write':
        return this.write(step);
      case 'transaction':
        return this.transaction(step);
      case 'interleaved':
        return this.interleaved(step);
      case 'crowd':
        return this.crowd(step);
      case 'save an answer':
        return this.save(step);
    }
  }

  /** Asks the cache in every way, and then the database. */
  private async compare(read: Read, when: string, paths = this.world.pathsOf(read)): Promise<void> {
    const { reader, cache, statements } = this.world;
    if (this.isCrowded) return this.askAll(read);
    const answers: { path: Path; cached: Outcome; isHit: boolean }[] = [];
    for (const path of paths) {
      const { count } = statements;
      const cached = await outcomeOf(() => reader.ask(read, path));
      answers.push({ path, cached, isHit: statements.count === count });
    }
    const fresh = await outcomeOf(() => cache.bypass(() => reader.ask(read)));
    const wasKnown = 'value' in fresh && this.known.has(read) && isSame(this.known.get(read), fresh.value);
    for (const { path, cached, isHit } of answers) {
      const figures = this.figures.read(kindOf(read, path));
      figures.asked++;
      if ('error' in fresh) {
        figures.refused++;
        continue;
      }
      this.figures.comparisons++;
      const isRight =
        'value' in cached && (isSame(cached.value, fresh.value) || (await this.mayBeAnswered(read, cached.value)));
      if (!isRight) {
        const shown = 'error' in cached ? String(cached.error) : picture(cached.value);
        this.difference ??= [
          `${when}, ${isHit ? 'stale' : 'loaded wrongly'} by ${path}: ${JSON.stringify(read)}`,
          `  cache:    ${shown}`,
          `  database: ${picture(fresh.value)}`,
        ].join('\n');
        return;
      }
      if (isHit) figures.hits++;
      else if (wasKnown) figures.needless++;
      vandalise(cached.value);
    }
    if ('error' in fresh) this.known.delete(read);
    else this.known.set(read, fresh.value);
  }

  /** Of several rows that fit, the database may answer any where nothing orders them, and another one each time. */
  private async mayBeAnswered(read: Read, answer: unknown): Promise<boolean> {
    if (read.kind !== 'find' || !isOfOne(read)) return false;
    const fitting = await this.world.cache.bypass(() => this.world.reader.ask({ ...read, method: 'findBy' }));
    return (fitting as readonly unknown[]).some((row) => isSame(answer, row));
  }

  /** Asks in every way for an answer that nobody looks at. */
  private async askAll(read: Read): Promise<void> {
    for (const path of this.world.pathsOf(read)) await outcomeOf(() => this.world.reader.ask(read, path));
  }

  private async write({ does, source = 0 }: Single): Promise<void> {
    await this.perform(this.world.sources[source].manager, does).catch(() => undefined);
  }

  private async perform(manager: EntityManager, write: Write): Promise<void> {
    try {
      await perform(manager, this.world.database.family, write as Wanted);
      this.figures.wrote(write.write, true);
    } catch (error) {
      this.figures.wrote(write.write, false);
      throw error;
    }
  }

  private async transaction(transaction: Transaction): Promise<void> {
    const source = this.world.sources[transaction.source ?? 0];
    const body = async (manager: EntityManager): Promise<void> => {
      await this.actAll(manager, transaction.body, transaction.by === 'runner');
      if (!transaction.isKept) throw BACK;
    };
    switch (transaction.by) {
      case 'callback':
        return settled(source.transaction(body));
      case 'repeatable':
        return settled(source.transaction('REPEATABLE READ', body));
      case 'serializable':
        return settled(source.transaction('SERIALIZABLE', body));
      case 'runner':
        return this.byHand(source.createQueryRunner(), body);
      case 'statements':
        return this.byStatements(source.createQueryRunner(), transaction);
    }
  }

  private async byHand(runner: QueryRunner, body: (manager: EntityManager) => Promise<void>): Promise<void> {
    try {
      await runner.startTransaction();
      await body(runner.manager);
      await runner.commitTransaction();
    } catch {
      await settled(runner.rollbackTransaction());
    } finally {
      await runner.release();
    }
  }

  private async byStatements(runner: QueryRunner, { body, isKept }: Transaction): Promise<void> {
    try {
      await settled(runner.query('BEGIN'));
      // Where all share a connection TypeORM cannot begin where somebody else has begun already.
      const isShared = !this.world.database.supportsConcurrentConnections;
      for (const act of body) {
        if (isShared && (!('write' in act) || opensTransactions(act.write))) continue;
        await settled(this.act(runner.manager, act));
      }
    } finally {
      await settled(runner.query(isKept ? 'COMMIT' : 'ROLLBACK'));
      await runner.release();
    }
  }

  /** Whoever goes on after an error finds out what the database made of it. */
  private async actAll(manager: EntityManager, acts: readonly Act[], stopsAtErrors = false): Promise<void> {
    for (const act of acts) await (stopsAtErrors ? this.act(manager, act) : settled(this.act(manager, act)));
  }

  private async act(manager: EntityManager, act: Act): Promise<void> {
    if ('write' in act) return this.perform(manager, act);
    if (act.act === 'look') return this.look(manager);
    await settled(
      manager.transaction(async (inner) => {
        await this.actAll(inner, act.body);
        if (!act.isKept) throw BACK;
      }),
    );
  }

  /** What is read in the midst of a transaction, by it and by others. */
  private async look(manager: EntityManager): Promise<void> {
    const { world } = this;
    for (let n = 0; n < LOOKS; n++) {
      const read = this.reads[this.looked++ % this.reads.length];
      await this.compare(read, 'inside a transaction');
      if (read.kind !== 'nested') await outcomeOf(() => world.reader.runWith(manager, read));
      const late = { ...read, label: this.looked };
      this.late.push(late);
      // On a shared connection others read what is not committed, and all that can be asked is that it is not kept.
      const isShared = !world.database.supportsConcurrentConnections;
      if (!isShared) await world.fromOutside(() => this.compare(read, 'beside a transaction'));
      await world.fromOutside(() => outcomeOf(() => world.reader.ask(late)));
    }
  }

  private async interleaved({ turns, areKept, crosses }: Interleaved): Promise<void> {
    const runners = [0, 1].map((who) => this.world.sources[who % this.world.sources.length].createQueryRunner());
    const contexts = runners.map(() => new AsyncResource('OracleWriter'));
    const as = <T>(who: number, body: (runner: QueryRunner) => Promise<T>): Promise<T> =>
      contexts[who].runInAsyncScope(() => body(runners[who]));
    try {
      for (const who of [0, 1]) await as(who, (runner) => runner.startTransaction());
      for (const { who, act } of turns) await settled(as(who, ({ manager }) => this.act(manager, act)));
      for (const who of crosses ? [1, 0] : [0, 1]) {
        await settled(as(who, (runner) => (areKept[who] ? runner.commitTransaction() : runner.rollbackTransaction())));
        await this.glance();
      }
    } finally {
      for (const runner of runners) {
        if (runner.isTransactionActive) await settled(runner.rollbackTransaction());
        await runner.release();
      }
    }
  }

  /** A few comparisons between two ends. */
  private async glance(): Promise<void> {
    for (let n = 0; n < LOOKS; n++) {
      const read = this.reads[this.looked++ % this.reads.length];
      await this.world.fromOutside(() => this.compare(read, 'between two transactions'));
    }
  }

  private async crowd({ of }: Crowd): Promise<void> {
    const { world, reads } = this;
    const readers = (): Promise<void>[] => reads.map((read) => world.fromOutside(() => this.askAll(read)));
    this.isCrowded = true;
    const writers = of.map((step) => settled(new AsyncResource('OracleWriter').runInAsyncScope(() => this.take(step))));
    await Promise.all([...readers(), ...writers, ...readers()]);
    this.isCrowded = false;
  }

  private async save({ id, n }: Saved): Promise<void> {
    const { reader, sources } = this.world;
    const read: Read = {
      kind: 'find',
      method: 'findOne',
      entity: 'Author',
      where: [[{ path: 'id', operator: 'equal', values: [id, null] }]],
      relations: ['profile'],
    };
    const ask = (): Promise<Author | null> => reader.ask(read) as Promise<Author | null>;
    await ask();
    const found = await ask();
    if (found === null) return;
    if (!(found instanceof Author)) this.difference ??= `an answer is no instance of its class: ${picture(found)}`;
    found.name = `n${n}`;
    found.address.zip = n;
    if (found.profile) found.profile.visits += n;
    await settled(sources[0].manager.save(found));
  }
}

async function outcomeOf(ask: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await ask() };
  } catch (error) {
    return { error };
  }
}

/** What the database makes of it is what counts, not whether it refused. */
async function settled(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}
