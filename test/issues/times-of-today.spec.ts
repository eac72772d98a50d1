import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, ViewColumn, ViewEntity, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

/*
 * MySQL and MariaDB complete a TIME with the day on which they are asked, wherever they need a date: such an answer is another one
 * after midnight, though nobody has written anything.
 */

@Entity()
class Shift {
  @PrimaryColumn() id!: number;
  @Column({ type: 'time' }) begins!: string;
  @Column({ type: 'time' }) ends!: string;
  @Column({ type: 'date' }) day!: string;
  @Column({ type: 'datetime' }) noted!: Date;
  @Column() seconds!: number;
}

@ViewEntity({ expression: 'SELECT id AS id, begins AS starts, noted AS noted FROM shift' })
class ShiftView {
  @ViewColumn() id!: number;
}

@ViewEntity({ expression: 'SELECT id AS id, DATE(begins) AS started FROM shift' })
class ShiftOfToday {
  @ViewColumn() id!: number;
}

const FIRST = Date.UTC(2026, 10, 30, 12) / 1000;
const LATER = Date.UTC(2027, 3, 7, 12) / 1000;
const MOMENT = "TIMESTAMP'2026-12-24 12:00:00'";

/** Texts whose answers differ from one day to another. */
const OF_TODAY = [
  'DATE(begins)',
  'CAST(s.begins AS DATE)',
  'CAST(`begins` AS DATETIME(3))',
  'CONVERT(begins, DATE)',
  'TIMESTAMP(begins)',
  'TIMESTAMP(begins, ends)',
  'DATEDIFF(day, begins)',
  'TIMESTAMPDIFF(DAY, noted, begins)',
  'UNIX_TIMESTAMP(begins)',
  'MONTH(MAX(begins))',
  "CONVERT_TZ(begins, '+00:00', '+01:00')",
  'begins < noted',
  'begins < MAX(noted)',
  `begins < ${MOMENT}`,
  `NOT ((begins) < ${MOMENT})`,
  `${MOMENT} > begins + INTERVAL 1 HOUR`,
  `(begins BETWEEN ${MOMENT} AND '2028-01-01')`,
  `COALESCE(begins, noted)`,
  'IF(id = 1, begins, noted)',
  'CASE WHEN id = 1 THEN begins ELSE day END',
  'GREATEST(begins, noted)',
  'DATE(SEC_TO_TIME(seconds))',
  `MAKETIME(1, 2, 3) < ${MOMENT}`,
  "DATE(TIME'10:00:00')",
  "DATE(TIME('10:00:00'))",
  'DATE(TIMEDIFF(noted, noted))',
  'DATE(ADDTIME(begins, ends))',
  "DATE(STR_TO_DATE('10', '%H'))",
  "DATE(CAST('10:00' AS TIME))",
  'begins < (SELECT MAX(noted) FROM shift)',
].map((expression) => `SELECT ${expression} AS x FROM shift s`);

const OF_TODAY_TOO = [
  `SELECT id FROM shift WHERE begins > ${MOMENT}`,
  `SELECT COUNT(*) AS x FROM shift a JOIN shift b ON a.begins > b.noted - INTERVAL -30 DAY`,
  'SELECT begins AS x FROM shift UNION SELECT noted FROM shift',
  `SELECT x FROM (SELECT begins AS x FROM shift) t WHERE x > ${MOMENT}`,
  'SELECT DATE(x) AS x FROM (SELECT begins AS x FROM shift) t',
  'WITH t (x) AS (SELECT begins FROM shift) SELECT DATE(x) AS x FROM t',
  'SELECT DATE(day) AS x FROM (SELECT begins AS day FROM shift) t',
  'SELECT DATE(t.seconds) AS x FROM (SELECT MAX(begins) `seconds` FROM shift) t',
  'WITH t (seconds) AS (SELECT begins FROM shift) SELECT DATE(seconds) AS x FROM t',
  'SELECT t.noted < s.noted AS x FROM (SELECT begins AS noted, id FROM shift) t JOIN shift s ON s.id = t.id',
  'SELECT DATE(starts) AS x FROM shift_view',
  'SELECT * FROM shift_of_today',
];

/** Texts whose answers say nothing of today. */
const OF_ROWS = [
  'SELECT * FROM shift',
  "SELECT id FROM shift WHERE begins > '09:00' AND noted > '2026-01-01'",
  "SELECT id FROM shift WHERE (begins > '09:00' OR DATE(noted) = '2026-11-30') ORDER BY begins, noted",
  "SELECT id FROM shift WHERE '10:30' BETWEEN begins AND ends AND noted BETWEEN '2026-01-01' AND '2027-01-01'",
  "SELECT TIMESTAMP(day, begins) AS x, ADDTIME(noted, begins) AS y, CONCAT(day, ' ', begins) AS z FROM shift",
  'SELECT DATE(noted) AS d, HOUR(begins) AS h, COUNT(*) AS n FROM shift GROUP BY DATE(noted), HOUR(begins)',
  'SELECT EXTRACT(HOUR FROM begins) AS x, TIMEDIFF(ends, begins) AS y, DATEDIFF(noted, day) AS z FROM shift',
  "SELECT DATE_FORMAT(begins, '%H:%i') AS x, DATE_FORMAT(noted, '%d.%m.') AS y FROM shift",
  'SELECT SEC_TO_TIME(SUM(TIME_TO_SEC(ends))) AS x, DATE(MAX(noted)) AS y FROM shift',
  "SELECT TIME(noted) AS x FROM shift WHERE STR_TO_DATE('30.11.2026', '%d.%m.%Y') = day",
  'SELECT DATE(noted) AS x FROM shift_view',
  'WITH w AS (SELECT id, MIN(begins) AS x FROM shift GROUP BY id) SELECT s.id, s.day, w.x FROM shift s JOIN w ON w.id = s.id',
  "SELECT s.id AS id, s.day AS day, s.begins AS begins, (SELECT COUNT(*) FROM shift) AS n FROM shift s WHERE s.begins > '09:00'",
  'SELECT a.id FROM shift a LEFT JOIN shift b ON a.id = b.id AND a.begins = b.ends WHERE b.noted > a.noted',
];

const reads = Object.fromEntries(
  [...OF_TODAY, ...OF_TODAY_TOO, ...OF_ROWS].map((text) => [text, (manager: EntityManager) => manager.query(text)]),
);

describeDatabases(
  'A TIME that the database completes with the day',
  (database) => {
    let cached: CachedReads;
    const setClock = (seconds: number) => cached.dataSource.query(`SET timestamp = ${seconds}`);

    beforeEach(async () => {
      cached = await CachedReads.open(database, [Shift, ShiftView, ShiftOfToday], reads, {
        extra: { connectionLimit: 1 },
      });
      await cached.dataSource.manager.insert(Shift, {
        id: 1,
        begins: '10:00:00',
        ends: '12:00:00',
        day: '2026-11-30',
        noted: new Date(2026, 11, 24),
        seconds: 5,
      });
      await setClock(FIRST);
    });
    afterEach(() => setClock(0));

    it('is not answered from the cache', async () => {
      const asked = [...OF_TODAY, ...OF_TODAY_TOO];
      const before = new Map<string, unknown>();
      const kept: string[] = [];
      for (const text of asked) {
        before.set(text, await cached.ask(text));
        if (await cached.cache.has(text)) kept.push(text);
      }
      expect(kept).toEqual([]);
      await setClock(LATER);
      const same: string[] = [];
      for (const text of asked) {
        if (JSON.stringify(await cached.ask(text)) === JSON.stringify(before.get(text))) same.push(text);
      }
      expect(same).toEqual([]);
    });

    it('leaves all others to it', async () => {
      const lost: string[] = [];
      for (const text of OF_ROWS) {
        await cached.ask(text);
        if (!(await cached.cache.has(text))) lost.push(text);
      }
      expect(lost).toEqual([]);
      await setClock(LATER);
      for (const text of OF_ROWS) {
        const fresh = await cached.cache.bypass(() => reads[text](cached.dataSource.manager));
        expect([text, await cached.ask(text)]).toEqual([text, fresh]);
      }
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
