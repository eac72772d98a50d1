import type { INestApplicationContext } from '@nestjs/common';
import { ZooCacheService } from 'nestjs-zoocache';
import { DataSource } from 'typeorm';
import { CitiesEditor } from '../catalogue/cities.editor.js';
import { CitiesService } from '../catalogue/cities.service.js';
import { CountriesEditor } from '../catalogue/countries.editor.js';
import { CountriesService } from '../catalogue/countries.service.js';
import { RegionsEditor } from '../catalogue/regions.editor.js';
import { RegionsService } from '../catalogue/regions.service.js';
import { DatabaseMeter } from '../../../shared/measure/database-meter.js';
import { Stopwatch } from '../../../shared/measure/stopwatch.js';

/** What the tour walks through: the running application, seen from inside. */
export interface World {
  countries: CountriesService;
  countriesEditor: CountriesEditor;
  cities: CitiesService;
  citiesEditor: CitiesEditor;
  regions: RegionsService;
  regionsEditor: RegionsEditor;
  dataSource: DataSource;
  cache: ZooCacheService;
  meter: DatabaseMeter;
  stopwatch: Stopwatch;
  /** Where the application listens. */
  url: string;
}

export function worldOf(app: INestApplicationContext, url: string): World {
  return {
    countries: app.get(CountriesService, { strict: false }),
    countriesEditor: app.get(CountriesEditor, { strict: false }),
    cities: app.get(CitiesService, { strict: false }),
    citiesEditor: app.get(CitiesEditor, { strict: false }),
    regions: app.get(RegionsService, { strict: false }),
    regionsEditor: app.get(RegionsEditor, { strict: false }),
    dataSource: app.get(DataSource, { strict: false }),
    cache: app.get(ZooCacheService, { strict: false }),
    meter: app.get(DatabaseMeter, { strict: false }),
    stopwatch: app.get(Stopwatch, { strict: false }),
    url,
  };
}
