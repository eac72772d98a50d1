import { readFileSync, writeFileSync } from 'node:fs';
import type { Mutation } from '../../support/mutant-rooms.js';
import type { Game, Rules } from './checker.js';
import { JOIN_SHAPES } from './query.js';
import { rulesWithout } from './rule-library.js';
import { SMALL_LIMITS } from './rules.js';

/** A query, and writes, of which one is missed when a rule is taken out. */
export interface Witness {
  /** The name of its {@link JOIN_SHAPES}. */
  readonly shape: string;
  readonly isEnforced: boolean;
  readonly knows: boolean;
  /** Whether rows and values are soon too many to be named. */
  readonly isSmall: boolean;
  /** Whether nobody is told which rows a condition chose. @default false */
  readonly hidesChosenRows?: boolean | undefined;
  readonly seed: number;
}

const FILE = 'test/tags/brute-force/witnesses.json';

/** By rule; what searches found. */
export type Witnesses = Partial<Record<string, Witness>>;

export function readWitnesses(): Witnesses {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Witnesses;
}

export function writeDown(witnesses: Witnesses): void {
  const found = Object.entries(witnesses).filter(([, witness]) => witness !== undefined);
  const lines = found.map(([rule, witness]) => `  ${JSON.stringify(rule)}: ${spelled(witness!)}`);
  writeFileSync(FILE, `{\n${lines.join(',\n')}\n}\n`);
}

/** As prettier would have it. */
function spelled(witness: Witness): string {
  const known = Object.entries(witness).filter(([, value]) => value !== undefined);
  const fields = known.map(([name, value]) => `    "${name}": ${JSON.stringify(value)}`);
  return `{\n${fields.join(',\n')}\n  }`;
}

export function gameOf({ shape, isEnforced, knows, hidesChosenRows }: Witness): Game {
  return { shape: JOIN_SHAPES.find(({ name }) => name === shape)!, isEnforced, knows, hidesChosenRows };
}

/** The rules that the witness is played with, without one of them. */
export function rulesFor({ isSmall }: Pick<Witness, 'isSmall'>, mutation?: Mutation): Rules {
  return rulesWithout([...(mutation === undefined ? [] : [mutation]), ...(isSmall ? SMALL_LIMITS : [])]);
}
