/**
 * A module of the built package that users cannot import, for measuring one part alone.
 *
 * @param file its path below `lib`, without an ending.
 */
export function internal<Module>(file: string): Promise<Module> {
  return import(new URL(`../../../../dist/esm/${file}.js`, import.meta.url).href) as Promise<Module>;
}
