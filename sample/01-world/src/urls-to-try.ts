import type { Paint } from '../../shared/terminal/painter.js';
import { ZURICH } from './tour/places.js';

/** What to paste into another terminal while the API is up. */
export function urlsToTry(url: string, paint: Paint): string[] {
  const json = "-H 'content-type: application/json'";
  const get = (path: string) => `   curl -i '${url}${path}'`;
  const send = (method: string, path: string, body: object) =>
    `   curl -i -X ${method} ${url}${path} ${json} -d '${JSON.stringify(body)}'`;
  return [
    `   ${paint('bold', 'Try it:')} ask twice, and look at the headers Cache-Status and Server-Timing.`,
    '',
    get('/countries/CH'),
    get('/countries/IN/cities?limit=20'),
    get('/cities/near?latitude=46.948&longitude=7.447&km=25'),
    get('/cities?prefix=san&page=2&size=10'),
    get('/regions'),
    '',
    `   ${paint('bold', 'Then write')}, and ask again.`,
    '',
    send('PATCH', `/cities/${ZURICH}/population`, { population: 500_000 }),
    send('PATCH', `/cities/${ZURICH}/name`, { name: 'Turicum' }),
    send('POST', '/cities', {
      name: 'Zoopolis',
      countryCode: 'CH',
      population: 1_234,
      latitude: 46.95,
      longitude: 7.45,
    }),
    `   curl -i -X DELETE ${url}/cities/${ZURICH}`,
    send('PUT', '/countries/CH/border', { from: 'LU', to: 'LI' }),
    send('POST', '/regions/Europe/growth', { percent: 2 }),
    send('POST', '/cities/rounding', { countryCode: 'IN' }),
    '',
    `   ${paint('dim', `Listening on ${url}. Ctrl-C ends it.`)}`,
    '',
  ];
}
