import { types } from 'node:util';
import { momentAmong } from '../../sql/moments.js';
import type { Dialect, Pin, ValueRef } from '../../sql/statement.js';
import { canonicalKeyValue, idsOfChoices, type KeyColumn } from '../../tags/table-info.js';

/** What a driver was handed beside the text. */
export type Parameters = unknown;

/** The values that stand behind a reference, several for a list; undefined is one that is not known. */
export function valuesOf(reference: ValueRef, parameters: Parameters, dialect: Dialect): readonly unknown[] {
  if (reference.kind === 'literal') return [reference.value];
  if (!Array.isArray(parameters)) return [undefined];
  const value: unknown = parameters[reference.index];
  // MySQL's clients write an array that is given for one placeholder as a list.
  if (Array.isArray(value) && (reference.isList === true || dialect === 'mysql')) return value;
  // PostgreSQL takes the text of an array too, and has rules of its own for reading it.
  return [reference.isList === true ? undefined : value];
}

/** The single value behind a reference, or undefined when it is none or several. */
export function valueOf(reference: ValueRef, parameters: Parameters, dialect: Dialect): unknown {
  const values = valuesOf(reference, parameters, dialect);
  return values.length === 1 ? values[0] : undefined;
}

/** Why an answer to these parameters is no function of the tables; undefined when it is, as far as they tell. */
export function obstacleIn(parameters: Parameters, dialect: Dialect): string | undefined {
  if (spellsSql(parameters, dialect)) return 'an object among the parameters';
  if (dialect !== 'postgres' || !Array.isArray(parameters)) return undefined;
  const moment = momentAmong(parameters);
  return moment === undefined ? undefined : `'${moment}'`;
}

/** Whether the text that the database gets may say more than the text that is sent. */
export function spellsSql(parameters: Parameters, dialect: Dialect): boolean {
  return dialect === 'mysql' && maySpellSql(parameters);
}

/** MySQL's clients write `mysql.raw(…)` as the SQL that it is, and may write a plain object as conditions or assignments. */
function maySpellSql(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || types.isDate(value) || types.isUint8Array(value)) return false;
  if (Array.isArray(value) || types.isSet(value)) return [...(value as Iterable<unknown>)].some(maySpellSql);
  return true;
}

/** One pin for every column of a key, or undefined when one of the columns has none. */
export function pinsOfKey(key: readonly KeyColumn[], pins: readonly Pin[]): readonly Pin[] | undefined {
  if (key.length === 0 || pins.length === 0) return undefined;
  const found: Pin[] = [];
  for (const { name } of key) {
    const pin = pins.find(({ column }) => column === name);
    if (pin === undefined) return undefined;
    found.push(pin);
  }
  return found;
}

/** The ids that pins of a whole key leave, or undefined when they are more than `limit` or not surely known. */
export function idsOfPins(
  key: readonly KeyColumn[],
  pins: readonly Pin[],
  parameters: Parameters,
  dialect: Dialect,
  limit: number,
): readonly string[] | undefined {
  const choices: (string | undefined)[][] = [];
  for (let i = 0; i < key.length; i++) {
    const choice: (string | undefined)[] = [];
    for (const reference of pins[i].values) {
      for (const value of valuesOf(reference, parameters, dialect)) choice.push(canonicalKeyValue(key[i], value));
      if (choice.length > limit) return undefined;
    }
    choices.push(choice);
  }
  return idsOfChoices(choices, limit);
}
