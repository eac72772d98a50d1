import { BERN, GENEVA, ZURICH } from '../places.js';
import type { World } from '../world.js';

/** A write, a cached question that it changes the answer to, and the same asked of the database without the cache. */
export interface WriteCase {
  kind: string;
  what: string;
  ask(): Promise<string | number>;
  write(): Promise<unknown>;
  inDatabase(): Promise<string | number>;
}

const ZOOPOLIS = { name: 'Zoopolis', countryCode: 'CH', population: 1_234, ...BERN };

/** One of every kind. They build on each other, so they are run once and in this order. */
export function writeCases(world: World): WriteCase[] {
  const { cities, citiesEditor, countries, countriesEditor, regions, regionsEditor, dataSource } = world;

  const scalar = async (sql: string): Promise<string | number> => {
    const [row] = await dataSource.query<Record<string, string | number>[]>(sql);
    return Object.values(row)[0];
  };
  const zoopolisNearBern = async () => (await cities.near(BERN, 5)).filter(({ name }) => name === ZOOPOLIS.name).length;
  const zoopolisInDatabase = async () =>
    Number(await scalar(`SELECT COUNT(*) FROM "world_city" WHERE "name" = '${ZOOPOLIS.name}'`));

  return [
    {
      kind: 'repository.save()',
      what: 'people in Zürich',
      ask: async () => (await cities.largestOf('CH', 1))[0].population,
      write: () => citiesEditor.setPopulation(ZURICH, 448_664),
      inDatabase: () => scalar(`SELECT "population" FROM "world_city" WHERE "id" = ${ZURICH}`),
    },
    {
      kind: 'repository.update()',
      what: 'cities found under "genf"',
      ask: async () => (await cities.search('genf')).total,
      write: () => citiesEditor.rename(GENEVA, 'Genf'),
      inDatabase: async () => Number(await scalar(`SELECT COUNT(*) FROM "world_city" WHERE "searchName" LIKE 'genf%'`)),
    },
    {
      kind: 'save() of a new one',
      what: 'Zoopolis near Bern',
      ask: zoopolisNearBern,
      write: () => citiesEditor.add(ZOOPOLIS),
      inDatabase: zoopolisInDatabase,
    },
    {
      kind: 'repository.delete()',
      what: 'Zoopolis near Bern',
      ask: zoopolisNearBern,
      write: async () => citiesEditor.remove(Number(await scalar(`SELECT MAX("id") FROM "world_city"`))),
      inDatabase: zoopolisInDatabase,
    },
    {
      kind: 'relation add and remove',
      what: 'neighbours of Switzerland',
      ask: async () => {
        const switzerland = await countries.byCode('CH');
        return switzerland!.neighbours
          .map(({ code }) => code)
          .sort()
          .join(' ');
      },
      write: () => countriesEditor.moveBorder('CH', 'LI', 'LU'),
      inDatabase: async () => {
        const rows = await dataSource.query<{ code: string }[]>(
          `SELECT "neighbourCode" AS "code" FROM "world_border" WHERE "countryCode" = 'CH'`,
        );
        return rows
          .map(({ code }) => code)
          .sort()
          .join(' ');
      },
    },
    {
      kind: 'query builder, in bulk',
      what: 'people in Oceania',
      ask: async () => (await regions.statistics()).find(({ region }) => region === 'Oceania')!.population,
      write: () => regionsEditor.grow('Oceania', 2),
      inDatabase: async () =>
        Number(
          await scalar(
            `SELECT SUM("population") FROM "world_city" WHERE "countryCode" IN (SELECT "code" FROM "world_country" WHERE "region" = 'Oceania')`,
          ),
        ),
    },
    {
      kind: 'raw SQL',
      what: "people in India's largest city",
      ask: async () => (await cities.largestOf('IN', 100))[0].population,
      write: () => citiesEditor.roundPopulations('IN'),
      inDatabase: () => scalar(`SELECT MAX("population") FROM "world_city" WHERE "countryCode" = 'IN'`),
    },
  ];
}
