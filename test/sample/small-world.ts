import type { WorldData } from '../../sample/01-world/src/load/world-data.js';
import { readWorldData } from '../../sample/01-world/src/load/world-data.js';

/** Every country, with the cities that the tour visits and the large ones: 5 % of the data. */
export function smallWorld(): WorldData {
  const { countries, cities } = readWorldData();
  return {
    countries,
    cities: cities.filter(({ country, population }) => population >= (country === 'CH' ? 5_000 : 100_000)),
  };
}
