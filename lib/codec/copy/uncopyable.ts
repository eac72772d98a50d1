import { ZooCacheError } from '../../errors/zoocache.error.js';

/** The way to a value inside an answer, innermost last. */
export type Path = readonly (string | number | symbol)[];

/** The error of a value that nobody but its own class can copy: names where it is, what it is, and the way out. */
export function uncopyable(path: Path, what: string, next: string, cause?: unknown): ZooCacheError {
  return new ZooCacheError('UNCOPYABLE_VALUE', {
    what: `A result cannot be cached, because it holds ${what}, of which no private copy can be made`,
    name: written(path),
    next,
    cause,
  });
}

/** The way to a value as a program would write it: `result.items[3].price`. */
export function written(path: Path): string {
  let text = 'result';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (typeof step === 'symbol') text += `[${String(step)}]`;
    else text += /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  }
  return text;
}
