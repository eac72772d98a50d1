import type { City } from '../../entities/index.js';
import { ZURICH } from '../places.js';
import type { Step } from '../step.js';

export const overHttp: Step = {
  title: 'What a client of the API sees',
  why: 'An interceptor of this sample adds two headers; the services know nothing of it.',

  async walk({ url }, guide) {
    const path = '/countries/CH/cities?limit=3';
    const lines: string[][] = [];
    const request = async (method: string, target: string, body?: object) => {
      const response = await fetch(url + target, {
        method,
        headers: { 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
      });
      const cacheStatus = response.headers.get('cache-status') ?? '';
      lines.push([`${method} ${target}`, cacheStatus, response.headers.get('server-timing') ?? '']);
      return { cacheStatus, cities: (await response.json()) as City[] };
    };
    const first = await request('GET', path);
    const second = await request('GET', path);
    await request('PATCH', `/cities/${ZURICH}/population`, { population: 460_000 });
    const third = await request('GET', path);
    guide.table(['request', 'Cache-Status', 'Server-Timing'], lines, []);
    guide.claim(
      'First a miss, then a hit, and after the write a miss again.',
      /miss/.test(first.cacheStatus) && /hit/.test(second.cacheStatus) && /miss/.test(third.cacheStatus),
      () => `it was "${first.cacheStatus}", "${second.cacheStatus}" and "${third.cacheStatus}"`,
    );
    const population = third.cities.find(({ id }) => id === ZURICH)?.population;
    guide.claim('The last answer holds what was written.', population === 460_000, () => `it holds ${population}`);
  },
};
