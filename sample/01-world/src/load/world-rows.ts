import type { PackagedCity, WorldData } from './world-data.js';
import { searchName } from '../catalogue/search-name.js';

export type Row = readonly (string | number | boolean | null)[];

/** The rows of one table, in the order of its columns. */
export interface TableRows {
  table: string;
  columns: readonly string[];
  rows: Row[];
}

/** Turns the packages' data into the rows of every table, parents before children. */
export function worldRows({ countries, cities }: WorldData): TableRows[] {
  const codeOf = new Map(countries.map((country) => [country.cca3, country.cca2]));
  const languages = new Map<string, Row>();
  const currencies = new Map<string, Row>();
  const borders = new Map<string, Row>();
  const spoken: Row[] = [];
  const used: Row[] = [];
  for (const { cca2: code, ...country } of countries) {
    for (const [language, name] of Object.entries(country.languages)) {
      languages.set(language, [language, name]);
      spoken.push([code, language]);
    }
    for (const [currency, { name, symbol }] of Object.entries(country.currencies)) {
      currencies.set(currency, [currency, name, symbol]);
      used.push([code, currency]);
    }
    for (const neighbour of country.borders.map((alpha3) => codeOf.get(alpha3))) {
      if (neighbour) {
        // Both sides, because the data names one border (between India and Sri Lanka) on one side only.
        borders.set(`${code}-${neighbour}`, [code, neighbour]);
        borders.set(`${neighbour}-${code}`, [neighbour, code]);
      }
    }
  }
  return [
    {
      table: 'world_country',
      columns: [
        'code',
        'name',
        'officialName',
        'capital',
        'region',
        'subregion',
        'area',
        'latitude',
        'longitude',
        'landlocked',
        'flag',
      ],
      rows: countries.map((country) => [
        country.cca2,
        country.name.common,
        country.name.official,
        country.capital[0] ?? null,
        country.region,
        country.subregion,
        Math.max(0, country.area),
        ...country.latlng,
        country.landlocked,
        country.flag,
      ]),
    },
    { table: 'world_language', columns: ['code', 'name'], rows: [...languages.values()] },
    { table: 'world_currency', columns: ['code', 'name', 'symbol'], rows: [...currencies.values()] },
    { table: 'world_border', columns: ['countryCode', 'neighbourCode'], rows: [...borders.values()] },
    { table: 'world_country_language', columns: ['countryCode', 'languageCode'], rows: spoken },
    { table: 'world_country_currency', columns: ['countryCode', 'currencyCode'], rows: used },
    {
      table: 'world_city',
      columns: ['id', 'name', 'searchName', 'population', 'latitude', 'longitude', 'countryCode'],
      rows: cities.map(cityRow),
    },
  ];
}

function cityRow({ cityId, name, country, population, loc: { coordinates } }: PackagedCity): Row {
  const [longitude, latitude] = coordinates;
  return [cityId, name, searchName(name), population, latitude, longitude, country];
}
