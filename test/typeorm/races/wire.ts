import type { DataSource } from 'typeorm';
import { Gate } from '../../engine/engine-fixture.js';

/** A statement that waits where a test holds it. */
export interface Held {
  /** Resolves when a statement has come here. */
  readonly arrived: Promise<void>;
  /** Lets it go on. */
  release(): void;
  /** Lets it fail instead, as if its connection had died. */
  lose(error: Error): void;
}

/** Before it goes to the database, or after the database has executed it and before anybody here knows. */
export type Moment = 'sent' | 'answered';

interface Trap extends Held {
  readonly text: RegExp;
  readonly moment: Moment;
  arrive(): Promise<void>;
}

type Query = (...args: unknown[]) => unknown;

interface Connection {
  query: Query;
}

/**
 * The wire between a DataSource and its database, below everything that listens to TypeORM: statements can be stopped
 * on it, one at a time, so that a race happens the way a test wants it every time.
 */
export class Wire {
  /** Those that have not caught anything yet. */
  private readonly traps: Trap[] = [];
  private readonly laid: Trap[] = [];
  private readonly tapped = new WeakSet<object>();

  constructor(dataSource: DataSource) {
    const driver = dataSource.driver as unknown as { master?: Pool; pool?: Pool };
    const pool = driver.master ?? driver.pool;
    if (pool === undefined) throw new Error('this DataSource has no pool of connections');
    pool.on('acquire', (connection: Connection) => this.tap(connection));
  }

  /** Stops the next statement whose text matches. */
  hold(text: RegExp, moment: Moment): Held {
    const arrival = new Gate();
    const departure = new Gate();
    let loss: Error | undefined;
    const trap: Trap = {
      text,
      moment,
      arrived: arrival.opened,
      arrive: async () => {
        arrival.open();
        await departure.opened;
        if (loss !== undefined) throw loss;
      },
      release: () => departure.open(),
      lose: (error) => {
        loss = error;
        departure.open();
      },
    };
    this.traps.push(trap);
    this.laid.push(trap);
    return trap;
  }

  /** Lets go on whatever still waits, and stops nothing any more. */
  releaseAll(): void {
    this.traps.length = 0;
    for (const { release } of this.laid) release();
  }

  private async pass(text: string, moment: Moment): Promise<void> {
    const at = this.traps.findIndex((trap) => trap.moment === moment && trap.text.test(text));
    if (at >= 0) await this.traps.splice(at, 1)[0].arrive();
  }

  private tap(connection: Connection): void {
    if (this.tapped.has(connection)) return;
    this.tapped.add(connection);
    const send = connection.query.bind(connection);
    connection.query = (...args) => {
      const text = textOf(args[0]);
      const done = args.at(-1);
      if (typeof done !== 'function') return this.sendAndAwait(send, text, args);
      void this.sendAndCall(send, text, args.slice(0, -1), done as Done);
      return undefined;
    };
  }

  /** As pg is asked. */
  private async sendAndAwait(send: Query, text: string, args: unknown[]): Promise<unknown> {
    await this.pass(text, 'sent');
    const answer = await send(...args);
    await this.pass(text, 'answered');
    return answer;
  }

  /** As mysql2 is asked. */
  private async sendAndCall(send: Query, text: string, args: unknown[], done: Done): Promise<void> {
    let outcome: Parameters<Done>;
    try {
      await this.pass(text, 'sent');
      outcome = await new Promise<Parameters<Done>>((resolve) =>
        send(...args, (...all: Parameters<Done>) => resolve(all)),
      );
      await this.pass(text, 'answered');
    } catch (error) {
      outcome = [error];
    }
    done(...outcome);
  }
}

type Done = (error: unknown, ...results: unknown[]) => void;

interface Pool {
  on(event: 'acquire', listener: (connection: Connection) => void): void;
}

function textOf(query: unknown): string {
  return typeof query === 'string'
    ? query
    : String((query as { text?: string; sql?: string }).text ?? (query as { sql?: string }).sql);
}
