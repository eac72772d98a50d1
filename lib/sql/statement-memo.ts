import { analyse } from './analyse.js';
import { selectFacts } from './select-facts.js';
import type { SelectFacts } from './select-statement.js';
import type { Dialect, Statement } from './statement.js';

/** Texts longer than this are analysed every time: they are bulk inserts, and seldom sent twice. */
const LONGEST_KEPT = 20_000;

/** What is known of one text. */
interface Known {
  readonly statements: readonly Statement[];
  /** `null` once they were asked for and are not to be had. */
  facts?: SelectFacts | null;
}

type Generation = Map<string, Known>;

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
    return this.known(sql, dialect).statements;
  }

  /** The same as `selectFacts`, remembered by text, and read from it only when first asked for. */
  selectFacts(sql: string, dialect: Dialect): SelectFacts | undefined {
    const known = this.known(sql, dialect);
    if (known.facts === undefined) known.facts = selectFacts(sql, dialect) ?? null;
    return known.facts ?? undefined;
  }

  private known(sql: string, dialect: Dialect): Known {
    const generations = this.generations[dialect];
    const young = generations.young.get(sql);
    if (young !== undefined) return young;
    const known = generations.old.get(sql) ?? { statements: analyse(sql, dialect) };
    if (sql.length <= LONGEST_KEPT) {
      if (generations.young.size >= this.generationSize) {
        generations.old = generations.young;
        generations.young = new Map();
      }
      generations.young.set(sql, known);
    }
    return known;
  }
}
