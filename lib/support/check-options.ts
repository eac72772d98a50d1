import { inspect } from 'node:util';
import { ZooCacheError } from '../errors/zoocache.error.js';
import { closestTo } from './did-you-mean.js';
import { isThenable } from './is-thenable.js';

/** What is wrong with an option's value, as the end of "... must be"; `undefined` when it is right. */
export type OptionCheck = (value: unknown) => string | undefined;

/**
 * Refuses options that are unknown or of the wrong type; `undefined` counts as left out.
 *
 * @param where whose options they are, as the reader of an error knows it (`@CacheQuery on Catalog.byId`)
 * @throws ZooCacheError `INVALID_OPTION` with the option, its value, and the name it was most likely meant to have
 */
export function checkOptions(options: unknown, where: string, checks: Readonly<Record<string, OptionCheck>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ZooCacheError('INVALID_OPTION', {
      what: `${where} takes an object of options`,
      name: shown(options),
      next: `It knows ${Object.keys(checks).join(', ')}`,
    });
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) throw unknownOption(name, where, Object.keys(checks));
    const expected = value === undefined ? undefined : checks[name](value);
    if (expected !== undefined) throw wrongOption(name, value, where, expected);
  }
}

/** The error for an option whose value means nothing. */
export function wrongOption(name: string, value: unknown, where: string, expected: string): ZooCacheError {
  return new ZooCacheError('INVALID_OPTION', {
    what: `${where} cannot take ${shown(value)} for this option`,
    name,
    next: `It must be ${expected}`,
  });
}

/**
 * The error for what a function among the options has returned, when that means nothing. A promise never does, because
 * nobody can wait for it; and nobody else hears of it if it rejects.
 */
export function wrongAnswer(name: string, answer: unknown, where: string, expected: string): ZooCacheError {
  if (isThenable(answer)) answer.then(undefined, () => undefined);
  return new ZooCacheError('INVALID_OPTION', {
    what: `${where} cannot use ${isThenable(answer) ? 'a promise' : shown(answer)}, which this option returned`,
    name,
    next: `It must return ${expected}, and not a promise`,
  });
}

function unknownOption(name: string, where: string, known: readonly string[]): ZooCacheError {
  const meant = closestTo(name, known);
  return new ZooCacheError('INVALID_OPTION', {
    what: `${where} does not know this option`,
    name,
    next: meant === undefined ? `It knows ${known.join(', ')}` : `Did you mean '${meant}'`,
  });
}

/** A value as errors show it: short, and without running code of the value. */
export function shown(value: unknown): string {
  return inspect(value, { depth: 0, customInspect: false, maxStringLength: 80, breakLength: Infinity });
}

export const isAnything: OptionCheck = () => undefined;

export const isBoolean: OptionCheck = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

export const isFunction: OptionCheck = (value) => (typeof value === 'function' ? undefined : 'a function');

/** One of these texts. */
export function isOneOf(...allowed: readonly string[]): OptionCheck {
  const expected = allowed.map((text) => `'${text}'`).join(' or ');
  return (value) => (allowed.includes(value as string) ? undefined : expected);
}
