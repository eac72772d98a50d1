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
  const parameters = (Reflect.getMetadata(PARAMETERS, type) ?? []) as readonly { index: number; param: unknown }[];
  const properties = (Reflect.getMetadata(PROPERTIES, type) ?? []) as readonly { key: unknown; type: unknown }[];
  return JSON.stringify([
    types.map(inWords),
    parameters.map(({ index, param }) => [index, inWords(param)]).sort(byText),
    properties.map((property) => [inWords(property.key), inWords(property.type)]).sort(byText),
  ]);
}

function inWords(token: unknown): string {
  if (typeof token === 'function') return token.name;
  const { forwardRef } = Object(token) as { forwardRef?: unknown };
  return String(typeof forwardRef === 'function' ? forwardRef : token);
}

function byText(one: readonly unknown[], other: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1;
}
