/**
 * A module of the library that users cannot import, compiled beside the benchmarks, for measuring one part alone.
 *
 * @param file its path below `lib`, without an ending.
 */
export function internal<Module>(file: string): Promise<Module> {
  return import(new URL(`../../lib/${file}.js`, import.meta.url).href) as Promise<Module>;
}
