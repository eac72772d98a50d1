import { constantAt } from './constants.js';
import { foldedName, isName, textOf } from './names.js';
import type { Dialect, TransactionCommand, TransactionControl } from './statement.js';
import {
  CLOSE,
  COMMA,
  EQUALS,
  MINUS,
  NUMBER,
  OPEN,
  PARAMETER,
  STRING,
  STRING_OR_NAME,
  type Tokens,
  VARIABLE,
  WORD,
} from './tokens.js';

/** A transaction command, or that the words only looked like one and anything may happen (a block of a procedural language). */
export type TransactionReading = TransactionCommand | 'unknown' | undefined;

const fillers = new Set(['work', 'transaction', 'tran']);

/** Reads the commands that open, close or divide transactions; `undefined` when the statement is none of them. */
export function transactionCommand(tokens: Tokens, start: number, end: number, dialect: Dialect): TransactionReading {
  return new CommandReader(tokens, start, end, dialect).read();
}

class CommandReader {
  constructor(
    private readonly tokens: Tokens,
    private readonly start: number,
    private readonly end: number,
    private readonly dialect: Dialect,
  ) {}

  read(): TransactionReading {
    const { dialect } = this;
    switch (this.word(this.start)) {
      case 'begin':
        return this.begin();
      case 'start':
        return this.word(this.start + 1) === 'transaction' ? { control: 'begin' } : undefined;
      case 'commit':
        if (this.word(this.start + 1) === 'prepared') return this.named('commit-prepared', this.start + 2);
        return { control: this.chains() ? 'commit-and-chain' : 'commit' };
      case 'end':
        return dialect === 'postgres' || dialect === 'sqlite'
          ? { control: this.chains() ? 'commit-and-chain' : 'commit' }
          : 'unknown';
      case 'rollback':
        return this.rollback();
      case 'abort':
        return dialect === 'postgres' ? { control: this.chains() ? 'rollback-and-chain' : 'rollback' } : undefined;
      case 'savepoint':
        return this.savepoint('savepoint', this.start + 1);
      case 'save':
        return dialect === 'generic' ? this.savepoint('savepoint', this.start + 2) : undefined;
      case 'release':
        return this.savepoint('release-savepoint', this.start + (this.word(this.start + 1) === 'savepoint' ? 2 : 1));
      case 'prepare':
        return this.word(this.start + 1) === 'transaction' && dialect === 'postgres'
          ? this.named('prepare', this.start + 2)
          : undefined;
      case 'xa':
        return this.xa();
      case 'set':
        return this.setting();
      default:
        return undefined;
    }
  }

  private word(index: number): string {
    return index < this.end && this.tokens.kinds[index] === WORD ? foldedName(this.tokens, index) : '';
  }

  private begin(): TransactionReading {
    const next = this.word(this.start + 1);
    const isAlone = this.start + 1 >= this.end;
    switch (this.dialect) {
      case 'mysql':
        // MariaDB: BEGIN NOT ATOMIC opens a block of statements.
        return isAlone || next === 'work' ? { control: 'begin' } : 'unknown';
      case 'generic':
        return isAlone || fillers.has(next) ? { control: 'begin' } : 'unknown';
      default:
        return { control: 'begin' };
    }
  }

  private rollback(): TransactionCommand {
    let index = this.start + 1;
    if (this.word(index) === 'prepared') return this.named('rollback-prepared', index + 1);
    const isFilled = fillers.has(this.word(index));
    if (isFilled) index++;
    if (this.word(index) === 'to') {
      index++;
      // SQLite and PostgreSQL leave the word out at will; a savepoint may itself be called savepoint.
      if (this.word(index) === 'savepoint' && index + 1 < this.end) index++;
      return this.savepoint('rollback-to-savepoint', index);
    }
    // SQL Server: the name behind TRANSACTION is a savepoint's, or the transaction's own.
    if (this.dialect === 'generic' && isFilled && index < this.end && isName(this.tokens, index, this.dialect)) {
      return this.savepoint('rollback-to-savepoint', index);
    }
    return { control: this.chains() ? 'rollback-and-chain' : 'rollback' };
  }

  /** AND CHAIN, but not AND NO CHAIN. */
  private chains(): boolean {
    for (let index = this.start + 1; index < this.end; index++) {
      if (this.word(index) === 'and') return this.word(index + 1) === 'chain';
    }
    return false;
  }

  private savepoint(control: TransactionControl, index: number): TransactionCommand {
    if (index >= this.end || !isName(this.tokens, index, this.dialect)) return { control };
    return { control, savepoint: foldedName(this.tokens, index) };
  }

  private named(control: TransactionControl, index: number): TransactionCommand {
    if (index >= this.end || this.tokens.kinds[index] !== STRING) return { control };
    return { control, id: textOf(this.tokens, index) };
  }

  /** XA START | PREPARE | COMMIT | ROLLBACK 'gtrid' [, 'bqual' [, format]]; the id is kept as it is written. */
  private xa(): TransactionReading {
    if (this.dialect !== 'mysql') return undefined;
    const controls: Readonly<Record<string, TransactionControl>> = {
      start: 'begin',
      begin: 'begin',
      prepare: 'prepare',
      commit: this.lastWord() === 'phase' ? 'commit' : 'commit-prepared',
      rollback: 'rollback-prepared',
    };
    const control = controls[this.word(this.start + 1)];
    if (control === undefined) return undefined;
    const { kinds, sql, starts, ends } = this.tokens;
    const first = this.start + 2;
    let last = first;
    while (kinds[last + 1] === COMMA && last + 2 < this.end) last += 2;
    return first < this.end ? { control, id: sql.slice(starts[first], ends[last]) } : { control };
  }

  private lastWord(): string {
    return this.word(this.end - 1);
  }

  /** SET autocommit = 0, SET completion_type = 1, and SET IMPLICIT_TRANSACTIONS ON. */
  private setting(): TransactionReading {
    const { tokens, dialect } = this;
    if (dialect === 'generic') {
      if (this.word(this.start + 1) !== 'implicit_transactions') return undefined;
      return { control: this.word(this.start + 2) === 'on' ? 'autocommit-off' : 'autocommit-on' };
    }
    if (dialect !== 'mysql') return undefined;
    let found: TransactionCommand | undefined;
    let beginsAssignment = true;
    for (let index = this.start + 1; index < this.end; index++) {
      const kind = tokens.kinds[index];
      if (kind === OPEN) {
        if (tokens.links[index] < 0) break;
        index = tokens.links[index];
        continue;
      }
      if (kind === COMMA) beginsAssignment = true;
      else if (beginsAssignment) {
        const word = this.word(index);
        if (word === 'session' || word === 'local') continue;
        beginsAssignment = false;
        const name = kind === VARIABLE ? this.systemVariable(index) : word;
        if (name !== 'autocommit' && name !== 'completion_type') continue;
        let value = index + 1;
        while (tokens.kinds[value] === EQUALS || tokens.sql[tokens.starts[value]] === ':') value++;
        found = name === 'autocommit' ? this.autocommit(value) : this.completion(value);
      }
    }
    return found;
  }

  private systemVariable(index: number): string | undefined {
    const { sql, starts, ends } = this.tokens;
    const text = sql.slice(starts[index], ends[index]);
    return /^@@(?:(?:session|local)\.)?`?(\w+)`?$/i.exec(text)?.[1].toLowerCase();
  }

  private autocommit(from: number): TransactionCommand {
    const { kinds } = this.tokens;
    let at = from;
    while (kinds[at] === OPEN) at++;
    if (kinds[at] === PARAMETER && this.endsValue(at + 1)) {
      return { control: 'autocommit-as-given', value: constantAt(this.tokens, at) };
    }
    switch (this.constant(from)) {
      case undefined:
        return { control: 'autocommit-as-given' };
      case '0':
      case 'off':
      case 'false':
        return { control: 'autocommit-off' };
      default:
        return { control: 'autocommit-on' };
    }
  }

  /** What a COMMIT does that does not say whether another transaction follows. */
  private completion(from: number): TransactionCommand {
    const value = this.constant(from);
    const ends = value !== undefined && /^(?:0|no_chain|2|release|default)$/.test(value);
    return { control: ends ? 'commits-end' : 'commits-chain' };
  }

  /** The constant that a setting is given, folded; `undefined` when it is given something else. */
  private constant(from: number): string | undefined {
    const { kinds, sql, starts, ends } = this.tokens;
    let index = from;
    while (kinds[index] === OPEN || kinds[index] === MINUS) index++;
    if (!this.endsValue(index + 1)) return undefined;
    const kind = kinds[index];
    if (kind === NUMBER) return String(Number(sql.slice(starts[index], ends[index])));
    return kind === WORD || kind === STRING || kind === STRING_OR_NAME ? foldedName(this.tokens, index) : undefined;
  }

  private endsValue(from: number): boolean {
    const { kinds } = this.tokens;
    let index = from;
    while (index < this.end && kinds[index] === CLOSE) index++;
    return index >= this.end || kinds[index] === COMMA;
  }
}
