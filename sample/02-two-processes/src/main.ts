import { storageFrom } from './arguments.js';
import { run } from './run.js';

try {
  process.exitCode = await run(process.stdout, {
    storage: storageFrom(process.argv.slice(2)),
    databaseUrl: process.env.SHOP_DATABASE_URL,
  });
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
