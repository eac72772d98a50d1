import { expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { database, start } from '../nest/application.js';

/*
 * Two copies of TypeORM in one installation, as pnpm makes them for other peers: the hooks were in one of them, and what a
 * cached method read by way of the other was kept, and no write dropped it.
 */
it('an application with a DataSource of another copy of TypeORM does not start', async () => {
  jest.resetModules();
  const other = await import('typeorm');
  expect(other.DataSource).not.toBe(DataSource);
  const useValue = new other.DataSource({ type: 'sqljs' });
  await expect(start({ imports: [database()], providers: [{ provide: 'archive', useValue }] })).rejects.toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/another copy of TypeORM.*'sqljs'/),
    }),
  );
});
