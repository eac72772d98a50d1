import { TagTable } from '../../../lib/engine/tag-table.js';
import { InvalidationSet } from '../../../lib/tags/invalidation-set.js';
import type { planRead } from '../../../lib/tags/select-plan.js';
import { AskedTags } from '../../../lib/tags/asked-tags.js';
import { above, type Invalidation, type InvalidationSink, type Tag } from '../../../lib/tags/tag.js';
import type { addWrite } from '../../../lib/tags/write-rules.js';
import { Dice } from './dice.js';
import { evaluate } from './evaluate.js';
import { someQuery, type JoinShape, type Query } from './query.js';
import { shapeOf } from './shape-of.js';
import {
  dressed,
  isConsistent,
  someDatabase,
  TABLE_NAMES,
  tableInfo,
  type Database,
  type TableName,
  type Value,
} from './world.js';
import { someWrite, type WorldFacts, type Written } from './write.js';

/** The rules under test: the real ones, or a copy with one taken out. */
export interface Rules {
  readonly planRead: typeof planRead;
  readonly addWrite: typeof addWrite;
}

/** A write that changed an answer of which nobody told. */
export interface Miss {
  readonly query: Query;
  readonly before: Database;
  readonly written: Written;
  readonly dependencies: readonly Tag[];
  readonly invalidation: Invalidation;
}

export interface Tally {
  trials: number;
  /** Trials in which the answer became another one. */
  changed: number;
  /** Trials in which it did not. */
  same: number;
  /** Those of them in which it was dropped. */
  needless: number;
  misses: Miss[];
}

/** How many databases a query is tried with, and how many writes each. */
const STATES = 4;
const WRITES = 12;

/** What is played: tables joined in a way, and what is known of them and of the statements. */
export interface Game {
  readonly shape: JoinShape;
  readonly isEnforced: boolean;
  /** Whether all is known that may be known of writes and answers. */
  readonly knows: boolean;
  /** How many different values a column may hold. @default 3 */
  readonly values?: number;
  /** Whether updates always answer the rows they wrote. @default false: some do */
  readonly tellsRows?: boolean;
  /** Whether nobody is told which rows a condition chose. @default false */
  readonly hidesChosenRows?: boolean | undefined;
}

/** Plays queries against writes until `trials` are made, or something was missed; `onMiss` hears the seed of the query. */
export function check(rules: Rules, game: Game, trials: number, seed: number, onMiss?: (seed: number) => void): Tally {
  const tally: Tally = { trials: 0, changed: 0, same: 0, needless: 0, misses: [] };
  let next = Math.imul(seed, 0x9e3779b1) >>> 0;
  while (tally.trials < trials && tally.misses.length === 0) {
    playQuery(rules, game, next, tally);
    if (tally.misses.length > 0) onMiss?.(next);
    next = (next + 1) >>> 0;
  }
  return tally;
}

/** The one query of a seed, against some writes. Whatever the rules say, the same is played. */
export function play(rules: Rules, game: Game, seed: number): Tally {
  const tally: Tally = { trials: 0, changed: 0, same: 0, needless: 0, misses: [] };
  playQuery(rules, game, seed, tally);
  return tally;
}

function playQuery(
  rules: Rules,
  { shape, isEnforced, knows, values, tellsRows, hidesChosenRows = false }: Game,
  seed: number,
  tally: Tally,
): void {
  const dice = new Dice(seed, values, knows, tellsRows);
  const tables = [...new Set(shape.sources.map(({ table }) => table))];
  const query = someQuery(shape, dice);
  const asked = shapeOf(query);
  const constants = asked.disjuncts.flatMap((disjunct) => disjunct.flatMap((equality) => equality.values));
  const planFor = (schema: string | undefined) =>
    rules.planRead(
      asked,
      query.sources.map(({ table }) => tableInfo(table, schema, isEnforced, hidesChosenRows)),
    );
  const plan = planFor(undefined);
  const qualified = planFor('public');
  for (let state = 0; state < STATES; state++) {
    const before = someDatabase(tables, isEnforced, dice);
    const answer = evaluate(query, before);
    const rows = dice.doubts(8) ? undefined : rowsOf(query, answer.rows, dice);
    const given = new Map(
      constants.map((each) => [each, dice.doubts(15) ? undefined : dressed(each.table, each.column, each.value, dice)]),
    );
    const dependencies: Tag[] = [];
    (dice.once(4) ? qualified : plan).dependencies(
      (constant) => [given.get(constant)],
      rows,
      (tag) => void dependencies.push(tag),
    );
    for (let i = 0; i < WRITES; i++) {
      const written = someWrites(before, tables, { isEnforced, hidesChosenRows }, dice);
      if (written === undefined) continue;
      tally.trials++;
      const invalidation = new InvalidationSet();
      const say = (into: InvalidationSink): void => {
        for (const facts of written.facts) rules.addWrite(into, facts);
      };
      say(invalidation);
      // What is told to those who are known says less than what is written down for anybody.
      const isHeardByAnybody = meet(dependencies, invalidation);
      const isHeard = new AskedTags(dependencies).reachedBy({ touches: [], sweeps: [], tell: say }).length > 0;
      const isChanged = evaluate(query, written.database).text !== answer.text;
      if (isChanged) tally.changed++;
      else tally.same++;
      if (isHeard && !isChanged) tally.needless++;
      if (tally.trials % 997 === 0 && isHeardByAnybody !== isHeardByTable(dependencies, invalidation)) {
        throw new Error(`The tag table judges otherwise: ${dependencies.join()}`);
      }
      if (isChanged && !(isHeard && isHeardByAnybody))
        tally.misses.push({ query, before, written, dependencies, invalidation });
    }
  }
}

/** One statement or, in one transaction, two; undefined if the database refuses them. */
function someWrites(
  before: Database,
  tables: readonly TableName[],
  world: Omit<WorldFacts, 'schema'>,
  dice: Dice,
): Written | undefined {
  const { isEnforced } = world;
  const facts: Written['facts'][number][] = [];
  let database = before;
  let isRefused = false;
  for (let count = dice.once(5) ? 2 : 1; count > 0; count--) {
    const schema = dice.once(3) ? 'public' : undefined;
    const table = dice.pick(isEnforced && dice.once(5) ? TABLE_NAMES : tables);
    const written = someWrite(database, table, { ...world, schema }, dice);
    database = written.database;
    facts.push(...written.facts);
    // Keys are looked at after every statement.
    isRefused ||= !isConsistent(database, isEnforced);
  }
  return isRefused ? undefined : { database, facts };
}

/** The rows as a driver would answer them; now and then with a value that nobody can name. */
function rowsOf(query: Query, rows: readonly Readonly<Record<string, Value>>[], dice: Dice): readonly unknown[] {
  if (query.answer !== 'rows') return rows;
  return rows.map((row) =>
    Object.fromEntries(
      query.outputs.map(({ source, column, name }) => {
        const value = row[name];
        if (value !== null && dice.doubts(40)) return [name, {}];
        return [name, dressed(query.sources[source].table, column, value, dice)];
      }),
    ),
  );
}

/** By the definition: a touch of a node, or a sweep of it or of one above. */
function meet(dependencies: readonly Tag[], { touches, sweeps }: Invalidation): boolean {
  const touched = new Set(touches);
  const swept = new Set(sweeps);
  return dependencies.some((tag) => {
    if (touched.has(tag)) return true;
    for (let up: Tag | undefined = tag; up !== undefined; up = above(up)) if (swept.has(up)) return true;
    return false;
  });
}

function isHeardByTable(dependencies: readonly Tag[], invalidation: Invalidation): boolean {
  const table = new TagTable(() => 0, 1_000);
  const nodes = table.hold(new Set(dependencies));
  table.invalidate(invalidation, 1);
  return !table.isQuietSince(nodes, 0);
}

/** A miss in words, for whoever has to find out why. */
export function describeMiss({ query, before, written, dependencies, invalidation }: Miss): string {
  const readable = (tags: readonly Tag[]): string => tags.map((tag) => tag.replaceAll('\u001f', '/')).join('  ');
  const told = written.facts.map((facts) =>
    JSON.stringify(facts, (key, value: unknown) =>
      key === 'table'
        ? undefined
        : typeof value === 'bigint'
          ? String(value)
          : value instanceof Map
            ? [...value]
            : value,
    ),
  );
  return [
    `query ${JSON.stringify(query)}`,
    `before ${JSON.stringify(before)}`,
    `after ${JSON.stringify(written.database)}`,
    `told ${told.join(' ')}`,
    `answers ${evaluate(query, before).text} -> ${evaluate(query, written.database).text}`,
    `depends on ${readable(dependencies)}`,
    `touches ${readable(invalidation.touches)}`,
    `sweeps ${readable(invalidation.sweeps)}`,
  ].join('\n');
}
