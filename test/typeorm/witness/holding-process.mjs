/**
 * A process with one connection to a database, which does what it is told by lines on its standard input and answers each
 * with a line: `{ "query": "…" }` runs a statement, `{ "witness": true }` makes the witness of a mark for the statement that
 * ends the open transaction, `{ "witness": false }` of one for any other statement.
 */
import { createInterface } from 'node:readline';
import { DataSource } from 'typeorm';

const [library, options] = process.argv.slice(2);
const { connect } = await import(`${library}/typeorm/connections/connections.js`);
const { heardDataSource } = await import(`${library}/typeorm/statements/heard-data-source.js`);
const { installHooks } = await import(`${library}/typeorm/hooks/install-hooks.js`);
const { Witnesses } = await import(`${library}/typeorm/witness/witnesses.js`);

installHooks();
const dataSource = await new DataSource(JSON.parse(options)).initialize();
const runner = dataSource.createQueryRunner();
const connection = await connect(runner, dataSource);
const witnesses = new Witnesses();
const run = (text) => runner.query(text);
await witnesses.learn({ runner, source: heardDataSource(dataSource), run }, connection);

for await (const line of createInterface({ input: process.stdin })) {
  const { query, witness } = JSON.parse(line);
  const answer = query === undefined ? witnesses.of(connection, witness) : await runner.query(query);
  process.stdout.write(`${JSON.stringify(answer ?? null)}\n`);
}
