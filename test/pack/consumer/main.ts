import { scenario } from './scenario.js';

// Nothing ends the process: it must end by itself once the application is closed.
scenario().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
