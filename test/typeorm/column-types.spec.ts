import { beforeAll, expect, it } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { EntitySchema, type ColumnType, type DataSource, type EntitySchemaColumnOptions } from 'typeorm';
import { BytesCodec } from '../../lib/codec/bytes/bytes-codec.js';
import { describeEntityClass, findEntityClass } from '../../lib/typeorm/entities/entity-shape.js';
import { describeDatabases, openDataSource, type TestDatabase } from '../support/databases.js';

class Row {
  id!: number;
}

type Columns = Record<string, [type: ColumnType, value: unknown, more?: Partial<EntitySchemaColumnOptions>]>;

const AT = new Date('2024-02-29T12:34:56.000Z');
const BYTES = Buffer.from([0, 255, 128, 1]);
const JSON_VALUE = { list: [1, 'a', null], deep: { ü: true } };

const sqlite: Columns = {
  anInteger: ['integer', -5],
  aBigint: ['bigint', 2 ** 40],
  aReal: ['real', 0.1],
  aDecimal: ['decimal', 12.5],
  aText: ['text', 'ü😀'],
  aVarchar: ['varchar', 'v'],
  aBlob: ['blob', BYTES],
  aBoolean: ['boolean', true],
  aDate: ['date', '2024-02-29'],
  aTime: ['time', '12:34:56'],
  aDatetime: ['datetime', AT],
  aList: ['simple-array', ['a', 'b']],
  aJson: ['simple-json', JSON_VALUE],
  anEnum: ['simple-enum', 'b', { enum: ['a', 'b'] }],
};

const postgres: Columns = {
  aSmallint: ['smallint', 32767],
  anInteger: ['integer', -(2 ** 31)],
  aBigint: ['bigint', '9223372036854775807'],
  aNumeric: ['numeric', '123456789.123456789'],
  aReal: ['real', 0.5],
  aDouble: ['double precision', 0.1],
  aMoney: ['money', '$1,234.50'],
  aText: ['text', 'ü😀'],
  aChar: ['char', 'c  ', { length: 3 }],
  aVarchar: ['varchar', ''],
  someBytes: ['bytea', BYTES],
  aTimestamp: ['timestamp', AT],
  aTimestamptz: ['timestamptz', AT],
  aDate: ['date', '2024-02-29'],
  aTime: ['time', '12:34:56'],
  aTimetz: ['timetz', '12:34:56+02'],
  anInterval: ['interval', '1 year 2 days 3.5 seconds'],
  aBoolean: ['boolean', false],
  anEnum: ['enum', 'b', { enum: ['a', 'b'] }],
  aPoint: ['point', '(1,2)'],
  aCircle: ['circle', '<(1,2),3>'],
  aBox: ['box', '(1,1),(0,0)'],
  anAddress: ['inet', '10.0.0.1'],
  aNet: ['cidr', '10.0.0.0/8'],
  aMac: ['macaddr', '08:00:2b:01:02:03'],
  someBits: ['bit', '101', { length: '3' }],
  someWords: ['tsvector', "'a' 'b'"],
  aUuid: ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  aJson: ['json', JSON_VALUE],
  aJsonb: ['jsonb', [1, { a: null }]],
  aJsonNumber: ['jsonb', 5],
  aRange: ['int4range', '[1,5)'],
  numbers: ['int', [1, 2, null], { array: true }],
  texts: ['text', ['a', null, 'ü'], { array: true }],
  times: ['timestamp', [AT], { array: true }],
};

const mariadb: Columns = {
  aTinyint: ['tinyint', -128],
  aSmallint: ['smallint', 32767],
  aMediumint: ['mediumint', 8388607],
  anInteger: ['int', 2 ** 31 - 1],
  aBigint: ['bigint', '9223372036854775807'],
  aFloat: ['float', 0.5],
  aDouble: ['double', 0.1],
  aDecimal: ['decimal', '12345.678', { precision: 10, scale: 3 }],
  aBit: ['bit', Buffer.from([1])],
  aBoolean: ['boolean', true],
  aChar: ['char', 'abc', { length: 5 }],
  aVarchar: ['varchar', 'ü😀'],
  aText: ['text', 'text'],
  aBlob: ['blob', BYTES],
  aBinary: ['binary', BYTES, { length: 4 }],
  aVarbinary: ['varbinary', BYTES],
  aDate: ['date', '2024-02-29'],
  aDatetime: ['datetime', AT],
  aTimestamp: ['timestamp', AT],
  aTime: ['time', '12:34:56'],
  aYear: ['year', 2024],
  anEnum: ['enum', 'b', { enum: ['a', 'b'] }],
  aSet: ['set', ['a', 'b'], { enum: ['a', 'b', 'c'] }],
  aJson: ['json', JSON_VALUE],
  aPoint: ['point', 'POINT(1 2)'],
};

const columnsOf = ({ family }: TestDatabase): Columns => ({ sqlite, postgres, mysql: mariadb })[family];

describeDatabases('A row decoded from bytes has every column exactly as the driver gave it', (database) => {
  const columns = columnsOf(database);
  const schema = new EntitySchema<Row>({
    name: 'Row',
    tableName: 'every_column',
    target: Row,
    columns: {
      id: { type: 'int', primary: true },
      ...Object.fromEntries(Object.entries(columns).map(([name, [type, , more]]) => [name, { type, nullable: true, ...more }])), // prettier-ignore
    },
  });
  let dataSource: DataSource;
  let rows: Row[];

  beforeAll(async () => {
    dataSource = await openDataSource(database, [schema]);
    const values = Object.fromEntries(Object.entries(columns).map(([name, [, value]]) => [name, value]));
    await dataSource.getRepository(schema).insert([{ id: 1, ...values }, { id: 2 }]);
    rows = await dataSource.getRepository(schema).find({ order: { id: 'ASC' } });
  }, 60_000);

  const codec = (): BytesCodec => {
    const of = () => [dataSource];
    return new BytesCodec({ describe: describeEntityClass(of), find: findEntityClass(of) });
  };

  it.each(Object.keys(columns))('%s', (name) => {
    const [original, without] = rows.map((row) => ({ [name]: row[name as keyof Row] }));
    expect(original[name]).not.toBeNull();
    // Another process has another codec.
    const copy = codec().decode(codec().encode([original, without]))!.value as object[];
    expect(isDeepStrictEqual(copy, [original, without])).toBe(true);
    expect(copy).toStrictEqual([original, without]);
  });

  it('and so are whole rows', () => {
    const copy = codec().decode(codec().encode(rows))!.value as Row[];
    expect(copy).toStrictEqual(rows);
    expect(copy[0]).toBeInstanceOf(Row);
  });
});
