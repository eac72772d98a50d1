import { inspect } from 'node:util';
import { ZooCacheError } from '../../errors/zoocache.error.js';

/** Whether it is an object with these methods; asked of its shape, because the libraries are not imported. */
export function hasMethods<T>(value: T, ...names: readonly string[]): boolean {
  const methods = value as Readonly<Record<string, unknown>> | null | undefined;
  return typeof value === 'object' && names.every((name) => typeof methods?.[name] === 'function');
}

/** The error for an argument that is not what the other library makes. */
export function notTheLibrary(what: string, value: unknown, { next }: { readonly next: string }): ZooCacheError {
  // Its name says enough, and what it holds may be secret.
  const name = typeof value === 'object' && value !== null ? (value.constructor?.name ?? 'an object') : inspect(value);
  return new ZooCacheError('INVALID_ARGUMENT', { what, name, next });
}
