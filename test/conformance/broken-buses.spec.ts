import { describe, expect, it } from '@jest/globals';
import { busConformance, ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import * as broken from './broken-buses.js';

type Broken = new (log: ReferenceLog) => ReferenceBus;

/** The suite on connections to one log that can be lost, and to one that is small. */
function suiteOn(Bus: Broken) {
  const [log, small] = [new ReferenceLog(), new ReferenceLog({ maxRecords: 100 })];
  return busConformance(() => new Bus(log), {
    follows: true,
    loseLog: () => log.lose(2_000),
    smallLog: { open: () => new Bus(small), records: 100 },
    patienceMs: 300,
  });
}

/** The checks, each with those who break what it promises, and what it says of them. */
const FINDINGS: Readonly<Record<string, readonly (readonly [Broken, message: string])[]>> = {
  'tells where the log stands: incarnation, position, floor, open marks and quarantine': [
    [broken.HidesFloorBus, 'the floor is NaN'],
    [broken.CountsNoMarksBus, 'a mark of position 1 in a log of 0'],
  ],
  'tells all who ask at once of one incarnation, which stays': [
    [broken.NamesConnectionsBus, 'the incarnations connection'],
  ],
  'gives each record the position after the last one, whoever appends': [[broken.SkipsPositionsBus, 'deep-equal']],
  'appends several records at consecutive positions in their order, and answers with the last one': [
    [broken.ReversesAppendsBus, 'deep-equal'],
    [broken.AnswersFirstPositionBus, '1 !== 3'],
  ],
  'shows both of two who append at once one and the same order, each append unbroken and at its position': [
    [broken.LosesOrderBus, 'both see one order'],
    [broken.AppendsOneByOneBus, 'what append 1 left'],
  ],
  'keeps the tags of a record as they are: any characters, many, none': [
    [broken.EncodesTagsBus, '\\ud800'],
    [broken.JoinsTagsBus, 'deep-equal'],
    [broken.FoldsTagsBus, 'deep-equal'],
    [broken.TakesFewTagsBus, 'deep-equal'],
  ],
  'holds a mark pending from its append to its release, whole and at its position': [
    [broken.ForgetsMarksBus, 'deep-equal'],
    [broken.MisplacesMarksBus, 'deep-equal'],
    [broken.NeverReleasesBus, 'deep-equal'],
    [broken.ReleasesAllBus, 'deep-equal'],
  ],
  'releases what no mark announced, and invalidates, without ending the marks of others': [
    [broken.DropsLoneReleasesBus, 'deep-equal'],
    [broken.ReleasesAllBus, 'deep-equal'],
  ],
  'takes a second mark of a transaction in place of the first, and one release for both': [
    [broken.KeepsFirstMarkBus, 'first'],
  ],
  'appends nothing to another incarnation than its own': [
    [broken.AppendsToAnyLifeBus, 'incarnation changed'],
    [broken.MarksInAnyLifeBus, 'deep-equal'],
  ],
  'tells who asks for records of another incarnation that it is another': [
    [broken.AnswersOfAnyLifeBus, 'incarnation changed'],
  ],
  'may be closed twice': [[broken.ClosesOnceBus, 'closed already']],
  'shows what one connection appended to the other, if that asks afterwards': [
    [broken.ReadsFromReplicaBus, 'deep-equal'],
  ],
  'answers with the records after a position, however many, and with none at the head': [
    [broken.ReadsOnePageBus, 'deep-equal'],
    [broken.IncludesThePositionBus, 'the positions of the records'],
  ],
  'takes a position that it has not come to for one of another life, since its own has no such position': [
    [broken.TrustsAnyPositionBus, 'incarnation changed'],
  ],
  'keeps what only other processes read: how to learn of an end, and what the writer knew': [
    [broken.DropsWitnessesBus, 'witness'],
    [broken.DropsSchemasBus, 'schemas'],
  ],
  'rejects what is asked after it was closed, and leaves the other connections open': [
    [broken.StaysOpenBus, 'hello after close'],
    [broken.ClosesItsLogBus, 'The log is closed'],
  ],
  'wakes who follows soon after others append, until it has enough': [
    [broken.NeverWakesBus, 'nobody was woken'],
    [broken.WakesForeverBus, 'one was woken who had enough'],
    [broken.WakesOneBus, 'nobody was woken who followed'],
  ],
  'begins another life when its log is lost: nothing of the former one is answered or appended to': [
    [broken.TrustsTheNewLifeBus, 'a quarantine of 0 ms'],
    [broken.TrustsTheNewLifeTooSoonBus, 'a quarantine of 500 ms'],
    [broken.BeginsALifeEachBus, 'two lives at once'],
    [broken.SurvivesLossBus, 'the former life goes on'],
    [broken.AnswersOfAnyLifeBus, 'incarnation changed'],
    [broken.AppendsToAnyLifeBus, 'incarnation changed'],
  ],
  'says of records that it no longer keeps that they are forgotten, raises the floor, and keeps the marks': [
    [broken.SkipsTheForgottenBus, 'the position before all of them'],
    [broken.KeepsItsFloorBus, 'the floor is 0'],
    [broken.ForgetsMarksWithRecordsBus, 'the mark is open still'],
  ],
};

describe('The conformance suite of buses', () => {
  const findings = Object.entries(FINDINGS).flatMap(([title, buses]) =>
    buses.map(([Bus, message]) => [Bus.name, title, Bus, message] as const),
  );

  it.each(findings)('finds %s: "%s"', async (_name, title, Bus, message) => {
    const check = suiteOn(Bus).find((each) => each.title === title)!;
    await expect(check.run()).rejects.toThrow(message);
  });

  it('finds a way to follow that it was not told of, because nobody would check it', async () => {
    const log = new ReferenceLog();
    const [members] = busConformance(() => new ReferenceBus(log));
    await expect(members.run()).rejects.toThrow('whether it has follow');
  });

  it('finds a log said to live in this process that does not', async () => {
    const log = new ReferenceLog();
    const [members] = busConformance(() => new ReferenceBus(log), { follows: true, local: true });
    await expect(members.run()).rejects.toThrow('whether it has local');
  });

  it('has no check that finds nobody', () => {
    const titles = suiteOn(ReferenceBus).map(({ title }) => title);
    expect(titles.slice(1)).toEqual(Object.keys(FINDINGS));
  });
});
