import { expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { connectionTo, describeNeeding } from './services.js';

describeNeeding('redis', 'Redis', () => {
  it('answers on the port it was given', async () => {
    const { hostname, port } = new URL((await connectionTo('redis')).url);
    const answer = await new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write('PING\r\n'));
      socket.once('error', reject).once('data', (data) => {
        socket.destroy();
        resolve(String(data));
      });
    });

    expect(answer).toBe('+PONG\r\n');
  });
});

describeNeeding('postgres', 'PostgreSQL', () => {
  it('takes prepared transactions and many connections, which the specs of transactions use up', async () => {
    const client = new pg.Client(await connectionTo('postgres'));
    await client.connect();
    const settings = await client.query(
      `SELECT name, setting::int FROM pg_settings WHERE name IN ('max_connections', 'max_prepared_transactions') ORDER BY name`,
    );
    await client.end();

    expect(settings.rows.map(({ setting }) => setting >= 10)).toEqual([true, true]);
  });
});

describeNeeding('mariadb', 'MariaDB', () => {
  it('answers as a MariaDB, so that no MySQL is tested under its name', async () => {
    const client = await createConnection(await connectionTo('mariadb'));
    const [rows] = await client.query('SELECT version() AS version');
    await client.end();

    expect(rows).toEqual([{ version: expect.stringContaining('MariaDB') }]);
  });
});
