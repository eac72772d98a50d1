import { catalogueOf, foldedName, identityOf, type QualifiedName } from './names.js';
import type { OpenRead } from './scope.js';
import type { Dialect, TableWrite } from './statement.js';
import { type Tokens, WORD } from './tokens.js';

/** Deeper nesting is not followed (the call stack is finite, and hostile text is not); TypeORM stays below twenty. */
export const MAX_DEPTH = 200;

/** A position in the tokens of one statement, what has been found up to there, and the steps all readers share. */
export abstract class TokenCursor {
  readonly reads: OpenRead[] = [];
  readonly writes: TableWrite[] = [];
  /** Something stood where it was not expected, so that tables may have been overlooked from there on. */
  isUnderstood = true;
  readsUnknown = false;
  writesUnknown = false;
  uncacheable: string | undefined;
  callsUnknown = false;

  protected at = 0;
  protected end = 0;
  private depth = 0;
  /** How many declarations of a CTE are in sight, by name. */
  private readonly withs = new Map<string, number>();

  constructor(
    protected readonly tokens: Tokens,
    protected readonly dialect: Dialect,
  ) {}

  /** The keyword at an index, '' when there is none or the region has ended. */
  protected wordAt(index: number): string {
    return index < this.end ? (this.tokens.keywords[index]?.word ?? '') : '';
  }

  protected kindAt(index: number): number {
    return index < this.end ? this.tokens.kinds[index] : 0;
  }

  protected accept(word: string): boolean {
    if (this.wordAt(this.at) !== word) return false;
    this.at++;
    return true;
  }

  /** The folded text of an unquoted word that need not be a keyword. */
  protected plainWordAt(index: number): string {
    return this.kindAt(index) === WORD ? foldedName(this.tokens, index) : '';
  }

  /** Gives up on the rest of the region. */
  protected surprise(): void {
    this.isUnderstood = false;
    this.at = this.end;
  }

  protected changes(reason: string): void {
    this.uncacheable ??= reason;
    this.callsUnknown ||= reason.startsWith('unknown function');
  }

  /** Reads what is between the parenthesis at the current position and its counterpart, and moves behind it. */
  protected group(read: () => void): void {
    const close = this.tokens.links[this.at];
    if (close < 0 || close >= this.end || this.depth >= MAX_DEPTH) {
      this.surprise();
      return;
    }
    const outerEnd = this.end;
    this.depth++;
    this.at++;
    this.end = close;
    read();
    if (this.at !== close) this.isUnderstood = false;
    this.depth--;
    this.end = outerEnd;
    this.at = close + 1;
  }

  /** The name as aliases and CTEs are compared. */
  protected identity(name: QualifiedName): string {
    return identityOf(this.tokens, name.last, this.dialect);
  }

  /** Notes that rows of a table are read; `undefined` when the name is a CTE in sight. */
  protected addRead(name: QualifiedName): OpenRead | undefined {
    if (!name.isQualified && this.isWith(name)) return undefined;
    const reason = catalogueOf(name.table, this.dialect);
    if (reason !== undefined) this.changes(reason);
    const read: OpenRead = { table: name.table, pins: [], fields: [] };
    this.reads.push(read);
    return read;
  }

  protected isWith(name: QualifiedName): boolean {
    return !name.isQualified && this.withs.size > 0 && this.withs.has(this.identity(name));
  }

  /** Brings a CTE into sight. */
  protected declare(name: string, declared: Set<string>): void {
    if (declared.has(name)) return;
    this.withs.set(name, (this.withs.get(name) ?? 0) + 1);
    declared.add(name);
  }

  protected forget(declared: ReadonlySet<string>): void {
    for (const name of declared) {
      const count = (this.withs.get(name) ?? 1) - 1;
      if (count > 0) this.withs.set(name, count);
      else this.withs.delete(name);
    }
  }
}
