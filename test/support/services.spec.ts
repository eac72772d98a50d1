import { expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { OwnRedis } from './own-redis.js';
import { connectionTo, describeNeeding } from './services.js';

/** What a Redis on this port answers to one command, or the code of the error that met the question. */
function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket
      .once('error', (error: NodeJS.ErrnoException) => resolve(error.code!))
      .once('data', (data) => {
        socket.destroy();
        resolve(String(data));
      });
  });
}

function portsOf(url: string): number[] {
  return Array.from(url.matchAll(/:(\d+)/g), ([, port]) => Number(port));
}

describeNeeding('redis', 'Redis', () => {
  it('answers on the port it was given', async () => {
    const [port] = portsOf((await connectionTo('redis')).url);
    expect(await ask(port, 'PING')).toBe('+PONG\r\n');
  });

  it('can be had alone, killed, and started again empty where it was', async () => {
    const own = await OwnRedis.start('--databases', '7');
    await ask(own.port, 'SET a 1');
    await own.kill();
    expect(await ask(own.port, 'PING')).toBe('ECONNREFUSED');
    await own.startAgain();
    expect(await ask(own.port, 'DBSIZE')).toBe(':0\r\n');
    expect(await ask(own.port, 'CONFIG GET databases')).toMatch(/\r\n7\r\n$/);
    await own.kill();
  });
});

describeNeeding('redis-cluster', 'Redis Cluster', () => {
  it('has three primaries that know each other and serve all slots', async () => {
    const ports = portsOf((await connectionTo('redis-cluster')).url);
    for (const port of ports) expect(await ask(port, 'CLUSTER INFO')).toMatch(/cluster_slots_ok:16384/);
    expect(ports).toHaveLength(3);
  });
});

describeNeeding('redis-sentinel', 'Redis Sentinel', () => {
  it('has three sentinels that know each other and two replicas', async () => {
    const ports = portsOf((await connectionTo('redis-sentinel')).url);
    for (const port of ports) expect(await ask(port, 'INFO sentinel')).toMatch(/slaves=2,sentinels=3/);
    expect(ports).toHaveLength(3);
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
