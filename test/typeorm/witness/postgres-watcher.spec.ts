import { describe, expect, it } from '@jest/globals';
import { postgresWatcher } from '../../../lib/typeorm/witness/postgres-watcher.js';

/** What a server answers to whoever looks for connection 42 of the server that started at 100. */
class AnsweringServer {
  readonly processID = 42;
  constructor(private readonly row: Readonly<Record<string, string | null>>) {}

  query(): Promise<{ rows: Readonly<Record<string, string | null>>[] }> {
    return Promise.resolve({ rows: [{ ...SAME, ...this.row }] });
  }
}

const SAME = {
  pid: '42',
  state: 'idle in transaction',
  began: '200',
  transaction: '300',
  standby: 'false',
  server_began: '100',
  address: '10.0.0.1',
};

const NAME = JSON.stringify(['42', '200', '100', '10.0.0.1']);

const look = (row: Readonly<Record<string, string | null>>) => postgresWatcher.look(new AnsweringServer(row), NAME);

describe('a connection of PostgreSQL', () => {
  it('is there with its transaction, and without one when it is idle', async () => {
    expect(await look({})).toEqual({ isGone: false, transaction: '300' });
    expect(await look({ state: 'idle', transaction: null })).toEqual({ isGone: false, transaction: null });
  });

  it('is gone when another one has been given the number of its process', async () => {
    expect(await look({ began: '201' })).toEqual({ isGone: true });
  });

  it('is gone when its server has been restarted, which no connection survives', async () => {
    expect(await look({ server_began: '400' })).toEqual({ isGone: true });
  });

  it('is not told of by another server, nor by one that became a standby, which list connections of their own', async () => {
    const absent = { pid: null, began: null, server_began: '400' };
    expect(await look({ ...absent, address: '10.0.0.2' })).toEqual({ isGone: undefined });
    expect(await look({ ...absent, standby: 'true' })).toEqual({ isGone: undefined });
  });

  it('has an unknown transaction where activities are not tracked', async () => {
    const { transaction } = await look({ state: 'disabled', transaction: null });
    expect(transaction).toBeUndefined();
  });

  it('has no name where the database does not list it, as those that only speak the protocol', async () => {
    expect(await postgresWatcher.nameOf(new AnsweringServer({}), () => Promise.resolve([]))).toBeUndefined();
  });
});
