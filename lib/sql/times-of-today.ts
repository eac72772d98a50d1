import { setOperators } from './expression-reader.js';
import { FOLLOWS, LABELS, NO_CALL, STOPS } from './keywords.js';
import { foldedName, textOf } from './names.js';
import { tokenize } from './tokenizer.js';
import {
  CLOSE,
  COMMA,
  DOT,
  LITERAL,
  NAME,
  NUMBER,
  OPEN,
  PARAMETER,
  SEMICOLON,
  STAR,
  STRING,
  STRING_OR_NAME,
  Tokens,
  WORD,
} from './tokens.js';

/*
 * Where MySQL and MariaDB complete a TIME with the day on which they are asked: where it becomes a date, and where it meets a
 * value with a day, be it in a comparison or as another outcome of one expression. A text does not tell types, so whoever asks
 * says which columns hold times and which hold days, and this looks for terms in which both stand side by side. Where one query
 * gives names to what another answers, a name may be either that is no column, or that is given to something else.
 */

/** What a value may be, as bits; 0 is whatever is no moment. */
export const TIME = 1;
export const DAY = 2;
const EITHER = TIME | DAY;

/** All columns by folded name, as those bits. */
export type MomentColumns = ReadonlyMap<string, number>;

const setOf = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Functions that make a date of their first argument, and those that do so of all. */
const datingFirst = setOf(
  'timestamp date date_add date_sub adddate subdate date_format year quarter month monthname week weekofyear weekday yearweek ' +
    'day dayname dayofmonth dayofweek dayofyear last_day to_days to_seconds convert_tz unix_timestamp add_months to_char',
);
const datingAll = setOf('datediff timestampdiff timestampadd');
const makingTimes = setOf('sec_to_time maketime timediff time');
const makingDays = setOf('makedate from_days from_unixtime');
/** Functions whose answer is a number or a text, and whose arguments do not meet. */
const makingOthers = setOf(
  'hour minute second microsecond time_to_sec time_format count length char_length concat concat_ws group_concat json_object ' +
    'json_array json_arrayagg json_objectagg',
);
const datedTypes = setOf('date datetime timestamp');
const units = /^(?:microsecond|second|minute|hour|day|week|month|quarter|year)(?:_\w+)?$/;
const unitsOfDays = setOf('day week month quarter year year_month day_hour day_minute day_second day_microsecond');
/** A format that speaks of nothing but the time, which is the same on any day. */
const timeFormat = /^(?:[^%]|%[HhIiklprSsTf%])*$/;
/** A format that speaks of a day. */
const dayFormat = /%[acdejmyDMWY]/;
/** Words that end an operand. */
const lastWords = setOf('end null true false');
const queryWords = setOf('select values table json_table');

const MAX_DEPTH = 64;

/** Whether a text may make a TIME of something else: cheap, and true too often. */
export const mayMakeTimes = (text: string): boolean =>
  /\b(?:time|sec_to_time|maketime|timediff|str_to_date)[`\s]*['"(]|(?:\bas|,)\s*time\b/i.test(text);

const scratch = new Tokens();

/** Whether what the text answers may depend on the day on which it is asked. */
export function completesTimes(text: string, columns: MomentColumns): boolean {
  tokenize(text, 'mysql', scratch);
  const reader = new TermReader(scratch, columns);
  reader.terms(0, scratch.count, 0);
  scratch.release();
  return reader.completesTimes;
}

class TermReader {
  completesTimes = false;

  private readonly ofOtherNames: number;
  /** Names that one query gives to what another may take for columns. */
  private readonly labels: ReadonlySet<string>;
  private readonly ofAnyColumn: number;
  private readonly hasNamesakes: boolean;

  constructor(
    private readonly tokens: Tokens,
    private readonly columns: MomentColumns,
  ) {
    let queries = 0;
    for (let at = 0; at < tokens.count; at++) if (queryWords.has(this.wordAt(at))) queries++;
    this.ofOtherNames = queries > 1 ? EITHER : 0;
    this.labels = queries > 1 ? labelsIn(tokens) : NO_LABELS;
    const all = [...columns.values()];
    this.ofAnyColumn = all.reduce((any, each) => any | each, 0);
    this.hasNamesakes = queries > 1 || all.includes(EITHER);
  }

  /** Reads terms up to the end, and answers what any of them may be. */
  terms(from: number, to: number, depth: number): number {
    const { kinds, keywords } = this.tokens;
    if (depth > MAX_DEPTH) this.completesTimes = true;
    if (this.completesTimes) return EITHER;
    let all = 0;
    let term = 0;
    let openBetweens = 0;
    let isSet = false;
    let isBehindOperand = false;
    for (let at = from; at < to; at++) {
      const word = this.wordAt(at);
      const roles = keywords[at]?.roles ?? 0;
      if (setOperators.has(word)) isSet = true;
      // Columns of one name in two tables are compared.
      if (this.hasNamesakes && (word === 'natural' || word === 'using')) this.completesTimes = true;
      if (word === 'and' && openBetweens > 0) {
        openBetweens--;
        isBehindOperand = false;
      } else if (kinds[at] === COMMA || kinds[at] === SEMICOLON || isBorder(word) || (roles & STOPS) !== 0) {
        term = 0;
        isBehindOperand = false;
      } else if ((roles & LABELS) !== 0) {
        if (kinds[at + 1] !== OPEN) at++;
        isBehindOperand = true;
      } else {
        if (word === 'between') openBetweens++;
        const last = this.lastOf(at, to);
        const value: number | undefined = this.namesQuery(last)
          ? undefined
          : this.valueOf(at, last, isBehindOperand, depth);
        this.meet(term, value ?? 0);
        term |= value ?? 0;
        all |= value ?? 0;
        isBehindOperand = value !== undefined;
        at = last;
      }
    }
    // Which columns of its queries stand in one place is not looked at.
    if (isSet && all === EITHER) this.completesTimes = true;
    return all;
  }

  /** In front of AS (…) stands the name of a query or a window, with those of its columns. */
  private namesQuery(last: number): boolean {
    const { kinds, keywords } = this.tokens;
    return ((keywords[last + 1]?.roles ?? 0) & LABELS) !== 0 && kinds[last + 2] === OPEN;
  }

  private meet(one: number, other: number): void {
    if (((one & TIME) !== 0 && (other & DAY) !== 0) || ((one & DAY) !== 0 && (other & TIME) !== 0)) {
      this.completesTimes = true;
    }
  }

  /** The last token of a name with its qualifiers, of a call, of a group; else the token itself. */
  private lastOf(at: number, to: number): number {
    const { kinds, links } = this.tokens;
    let last = at;
    while (kinds[last + 1] === DOT && last + 2 < to) last += 2;
    if (this.isCall(last)) last++;
    return kinds[last] === OPEN && links[last] > last ? links[last] : last;
  }

  private isCall(at: number): boolean {
    const { kinds, keywords } = this.tokens;
    if (kinds[at + 1] !== OPEN || (kinds[at] !== WORD && kinds[at] !== NAME)) return false;
    return ((keywords[at]?.roles ?? 0) & NO_CALL) === 0;
  }

  /** What stands between two tokens may be; undefined when it is no operand. */
  private valueOf(first: number, last: number, isBehindOperand: boolean, depth: number): number | undefined {
    const { tokens } = this;
    const { kinds, keywords } = tokens;
    if (kinds[last] === CLOSE) {
      const open = this.openOf(first, last);
      if (open === first) return this.terms(open + 1, last, depth + 1);
      const value = this.call(open - 1, open, last, depth + 1);
      // OVER (…) and its like say nothing of the value in front of them.
      return ((keywords[open - 1]?.roles ?? 0) & FOLLOWS) !== 0 ? 0 : value;
    }
    switch (kinds[last]) {
      case STAR:
        return isBehindOperand ? undefined : this.ofAnyColumn;
      case STRING:
      case LITERAL:
      case NUMBER:
      case PARAMETER:
        return 0;
      case STRING_OR_NAME:
        return this.columnNamed(textOf(tokens, last).toLowerCase()) ?? 0;
      case NAME:
      case WORD:
        return this.nameAt(first, last, isBehindOperand);
      default:
        return undefined;
    }
  }

  private openOf(first: number, last: number): number {
    let open = first;
    while (this.tokens.links[open] !== last || this.tokens.kinds[open] !== OPEN) open++;
    return open;
  }

  private nameAt(first: number, last: number, isBehindOperand: boolean): number | undefined {
    const { tokens } = this;
    const { kinds, keywords } = tokens;
    const name = foldedName(tokens, last);
    if (first === last && kinds[last] === WORD) {
      const next = kinds[last + 1];
      if (next === STRING || next === STRING_OR_NAME) {
        if (name === 'time') return TIME;
        if (datedTypes.has(name)) return DAY;
      }
      if (name === 'interval') return DAY;
      if (keywords[last] !== undefined) return this.columnNamed(name) ?? (lastWords.has(name) ? 0 : undefined);
    }
    // An alias, or a unit.
    if (isBehindOperand) return 0;
    return this.columnNamed(name) ?? (units.test(name) ? 0 : this.ofOtherNames);
  }

  private columnNamed(name: string): number | undefined {
    const column = this.columns.get(name);
    return column !== undefined && this.labels.has(name) ? EITHER : column;
  }

  private call(at: number, open: number, close: number, depth: number): number {
    const name = foldedName(this.tokens, at);
    if (name === 'cast' || name === 'convert') return this.conversion(open, close, depth);
    const values = this.argumentsOf(open, close, depth);
    const [first = 0] = values;
    if (name === 'date_format' && values.length === 2 && this.isTimeFormat(close - 1)) return 0;
    if (datingFirst.has(name)) return this.dated(first);
    if (datingAll.has(name)) return this.dated(values.reduce((all, each) => all | each, 0));
    if (name === 'extract') return unitsOfDays.has(this.wordAt(open + 1)) ? this.dated(first) : 0;
    if (name === 'str_to_date') return this.isDayFormat(close - 1) ? DAY : EITHER;
    if (name === 'addtime' || name === 'subtime') return first;
    if (makingTimes.has(name)) return TIME;
    if (makingDays.has(name)) return DAY;
    if (makingOthers.has(name)) return 0;
    let all = 0;
    for (const value of values) {
      this.meet(all, value);
      all |= value;
    }
    return all;
  }

  private dated(value: number): number {
    if ((value & TIME) !== 0) this.completesTimes = true;
    return DAY;
  }

  private isDayFormat(at: number): boolean {
    return this.tokens.kinds[at] === STRING && dayFormat.test(textOf(this.tokens, at));
  }

  private isTimeFormat(at: number): boolean {
    const { kinds } = this.tokens;
    return kinds[at] === STRING && kinds[at - 1] === COMMA && timeFormat.test(textOf(this.tokens, at));
  }

  /** CAST(x AS type) and CONVERT(x, type). */
  private conversion(open: number, close: number, depth: number): number {
    const { kinds, links } = this.tokens;
    let border = close;
    for (let at = open + 1; at < close; at++) {
      if (kinds[at] === OPEN && links[at] > at) at = links[at];
      else if (kinds[at] === COMMA || this.wordAt(at) === 'as') border = at;
    }
    const value = this.terms(open + 1, border, depth);
    const type = this.wordAt(border + 1);
    return datedTypes.has(type) ? this.dated(value) : type === 'time' ? TIME : 0;
  }

  private argumentsOf(open: number, close: number, depth: number): readonly number[] {
    const { kinds, links } = this.tokens;
    const values: number[] = [];
    let start = open + 1;
    for (let at = start; at <= close; at++) {
      if (kinds[at] === OPEN && links[at] > at) at = links[at];
      else if (kinds[at] === COMMA || at === close) {
        values.push(this.terms(start, at, depth));
        start = at + 1;
      }
    }
    return values;
  }

  /** An unquoted word, folded; empty for anything else. */
  private wordAt(at: number): string {
    return this.tokens.kinds[at] === WORD ? foldedName(this.tokens, at) : '';
  }
}

const NO_LABELS: ReadonlySet<string> = new Set();

/** What may be named by a text: behind AS or an operand, and in lists of names for the columns of a query. */
function labelsIn(tokens: Tokens): ReadonlySet<string> {
  const { kinds, keywords, links, count } = tokens;
  const labels = new Set<string>();
  const isAs = (at: number): boolean => ((keywords[at]?.roles ?? 0) & LABELS) !== 0;
  const isName = (at: number): boolean => kinds[at] === NAME || kinds[at] === WORD;
  const nameAt = (at: number): string => (isName(at) ? foldedName(tokens, at) : textOf(tokens, at).toLowerCase());
  const mayName = (at: number): boolean => isName(at) || kinds[at] === STRING || kinds[at] === STRING_OR_NAME;
  const mayBeNamed = (at: number): boolean => {
    if (kinds[at] === WORD) return keywords[at] === undefined || lastWords.has(foldedName(tokens, at));
    return kinds[at] === CLOSE || kinds[at] === NUMBER || kinds[at] === LITERAL || mayName(at);
  };
  /** A column that keeps its name. */
  const keepsName = (column: number, label: number): boolean => {
    const isWhole = kinds[column - 1] === COMMA || kinds[column - 1] === DOT || keywords[column - 1]?.word === 'select';
    return isWhole && isName(column) && nameAt(column) === nameAt(label);
  };
  for (let at = 1; at < count; at++) {
    const named = isAs(at - 1) ? at - 2 : at - 1;
    if (mayName(at) && (isAs(at - 1) || mayBeNamed(named)) && !keepsName(named, at)) labels.add(nameAt(at));
    // t (a, b) AS (SELECT …), and (SELECT …) AS t (a, b)
    const isList = kinds[at] === OPEN && isName(at - 1) && mayBeNamed(at - 1) && links[at] > at;
    if (isList && (isAs(links[at] + 1) || isAs(at - 2) || mayBeNamed(at - 2))) {
      for (let inside = at + 1; inside < links[at]; inside++) if (mayName(inside)) labels.add(nameAt(inside));
    }
  }
  return labels;
}

const isBorder = (word: string): boolean => word === 'and' || word === 'or' || word === 'xor';
