import type { RunStatement } from '../databases/catalogue.js';

/** What a database tells of a connection, at one moment. */
export interface Sight {
  /** Whether it is closed, so that nothing will be committed on it any more; undefined: not told. */
  readonly isGone: boolean | undefined;
  /** Names the transaction that is open on it; null: none is; undefined: not told. */
  readonly transaction?: string | null;
}

/** The sight of whoever may not look. */
export const NOTHING_SEEN: Sight = { isGone: undefined };

export type Fate = 'over' | 'lost';

/** How the databases of a family tell of their connections. */
export interface Watcher {
  /**
   * Names a connection, asked on it while no transaction is open there: a statement that fails would end one.
   *
   * @param connection the driver's object
   * @returns undefined when nobody could tell of it later, because something stands between us and the database
   */
  nameOf(connection: object, run: RunStatement): Promise<string | undefined>;
  /** Whether what the next COMMIT on it commits can be judged by the transaction on it alone; true when absent. */
  hasOneTransaction?(connection: object): boolean;
  /** Looks for a connection of that name through another one, which is idle and nobody else's meanwhile. */
  look(through: object, name: string): Promise<Sight>;
  /**
   * What becomes of a statement whose promise was rejected with this error of the driver: it is over when the server has
   * answered, and goes on where the connection was lost before, or the driver has given up waiting. Absent where drivers
   * do everything before they return.
   */
  fateOf?(error: object, connection: object): Fate | Promise<Fate>;
  /**
   * Whether the server still has a connection that was lost here, asked through another one as for {@link look}; undefined
   * when something in between hands out connections of its own. Present where {@link fateOf} is.
   */
  isThere?(through: object, lost: object): Promise<boolean | undefined>;
  /**
   * Names all transactions but the asker's that are open now and may have written, as far as the asker may see them. Absent
   * where nobody tells.
   */
  writing?(through: object): Promise<readonly string[]>;
}
