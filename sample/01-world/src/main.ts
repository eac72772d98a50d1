import { run } from './run.js';

try {
  process.exitCode = await run(process.stdout, { tourOnly: process.argv.includes('--tour') });
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
