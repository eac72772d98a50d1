import { ZooCacheError } from '../errors/zoocache.error.js';

/**
 * Looks at what a decorator was given for a key: decorators as ECMAScript has them are given a context there, and no
 * prototype that anything could be noted of.
 *
 * @throws ZooCacheError `INVALID_ARGUMENT` for such a context
 */
export function refuseStandardDecorators(decorator: string, key: unknown): void {
  if (typeof key !== 'object' || key === null) return;
  throw new ZooCacheError('INVALID_ARGUMENT', {
    what: 'Decorators were compiled as ECMAScript has them, which NestJS and TypeORM cannot use either',
    name: `${decorator} on ${String((key as { readonly name?: unknown }).name)}`,
    next: 'Set experimentalDecorators and emitDecoratorMetadata in the tsconfig.json that the compiler reads',
  });
}
