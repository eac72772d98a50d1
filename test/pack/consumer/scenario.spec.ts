import { it } from '@jest/globals';
import { scenario } from './scenario.js';

it('loads, hits and stays fresh inside Jest too', async () => {
  await scenario();
}, 20_000);
