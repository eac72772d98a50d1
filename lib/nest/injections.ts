import { INQUIRER } from '@nestjs/core';

/** Where Nest notes what it hands to instances of a class. */
const PARAMETER_TYPES = 'design:paramtypes';
const PARAMETERS = 'self:paramtypes';
const PROPERTIES = 'self:properties_metadata';

/**
 * What Nest injects into a class, in words that mean the same in every process.
 *
 * Two classes of one text answer differently when one is given the repository of another entity, as those that one
 * function makes, or two of one name in two folders.
 */
export function injectionsInto(type: object): string {
  const types = (Reflect.getMetadata(PARAMETER_TYPES, type) ?? []) as readonly unknown[];
  const { parameters, properties } = namedInjections(type);
  return JSON.stringify([
    types.map(inWords),
    parameters.map(({ index, param }) => [index, inWords(param)]).sort(byText),
    properties.map((property) => [inWords(property.key), inWords(property.type)]).sort(byText),
  ]);
}

/** Whether Nest tells each instance of a class what it is made for: `@Inject(INQUIRER)`. */
export function isToldItsPlace(type: object): boolean {
  const { parameters, properties } = namedInjections(type);
  return (
    parameters.some(({ param }) => param === INQUIRER) || properties.some((property) => property.type === INQUIRER)
  );
}

function namedInjections(type: object): {
  readonly parameters: readonly { readonly index: number; readonly param: unknown }[];
  readonly properties: readonly { readonly key: unknown; readonly type: unknown }[];
} {
  return {
    parameters: (Reflect.getMetadata(PARAMETERS, type) ?? []) as [],
    properties: (Reflect.getMetadata(PROPERTIES, type) ?? []) as [],
  };
}

function inWords(token: unknown): string {
  if (typeof token === 'function') return token.name;
  const { forwardRef } = Object(token) as { forwardRef?: unknown };
  return String(typeof forwardRef === 'function' ? forwardRef : token);
}

function byText(one: readonly unknown[], other: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1;
}
