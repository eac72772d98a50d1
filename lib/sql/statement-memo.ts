import { analyse } from './analyse.js';
import type { Dialect, Statement } from './statement.js';

/** Texts longer than this are analysed every time: they are bulk inserts, and seldom sent twice. */
const LONGEST_KEPT = 20_000;

type Generation = Map<string, readonly Statement[]>;

/**
 * Remembers what recently sent texts say, because an application sends the same few hundred texts again and again. Two
 * generations bound it: a hit among the young costs one lookup and moves nothing, and what was not asked for while a whole
 * generation filled is forgotten.
 */
export class StatementMemo {
  private readonly generations: Record<Dialect, { young: Generation; old: Generation }> = {
    postgres: { young: new Map(), old: new Map() },
    mysql: { young: new Map(), old: new Map() },
    sqlite: { young: new Map(), old: new Map() },
    generic: { young: new Map(), old: new Map() },
  };
  private readonly generationSize: number;

  /**
   * @param capacity how many texts are kept per dialect at most
   * @default 2000
   */
  constructor(capacity = 2000) {
    this.generationSize = Math.max(1, Math.floor(capacity / 2));
  }

  /** The same as `analyse`, remembered by text. */
  analyse(sql: string, dialect: Dialect): readonly Statement[] {
    const generations = this.generations[dialect];
    const known = generations.young.get(sql);
    if (known !== undefined) return known;
    const statements = generations.old.get(sql) ?? analyse(sql, dialect);
    if (sql.length <= LONGEST_KEPT) {
      if (generations.young.size >= this.generationSize) {
        generations.old = generations.young;
        generations.young = new Map();
      }
      generations.young.set(sql, statements);
    }
    return statements;
  }
}
