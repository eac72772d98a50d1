import type { INestApplication } from '@nestjs/common';

const PORTS_TO_TRY = 20;

/** Listens on the given port or, where it is taken, on the next free one, and resolves to the URL. */
export async function listen(app: INestApplication, firstPort: number): Promise<string> {
  for (let port = firstPort; ; port++) {
    try {
      await app.listen(port, '127.0.0.1');
      return await app.getUrl();
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || port + 1 >= firstPort + PORTS_TO_TRY) {
        throw error;
      }
    }
  }
}
