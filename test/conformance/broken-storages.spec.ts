import { describe, expect, it } from '@jest/globals';
import { MapStorage, storageConformance, type MapPlace, type StorageCapability } from '../../lib/testing/index.js';
import * as broken from './broken-storages.js';

const CAPABILITIES: readonly StorageCapability[] = ['getMany', 'add', 'increment', 'touch', 'getNow'];

type Broken = new (place: MapPlace) => MapStorage;

/** The suite on a storage whose connections share one place. */
function suiteOn(Storage: Broken, capabilities = CAPABILITIES) {
  const place: MapPlace = new Map();
  return storageConformance(() => new Storage(place), { capabilities, patienceMs: 300 });
}

/** The checks, each with those who break what it promises, and what it says of them. */
const FINDINGS: Readonly<Record<string, readonly (readonly [Broken, message: string])[]>> = {
  'gives back every byte as it was set: none at all, each value, a megabyte': [
    [broken.KeepsTextStorage, 'each: the number of bytes'],
  ],
  'takes the bytes that a view shows of a larger buffer, and no others': [
    [broken.KeepsWholeBufferStorage, 'the number of bytes'],
  ],
  'knows nothing of a key that was never set': [[broken.AnswersMissingWithNoBytesStorage, 'holds something']],
  'holds what was set last, for the lifetime that was given with it': [
    [broken.KeepsFirstBytesStorage, 'replaced": the number of bytes'],
    [broken.KeepsFirstLifetimeStorage, 'replaced": nothing in place'],
  ],
  'forgets a key when its lifetime is over, whatever others have left of theirs': [
    [broken.ForgetsTtlStorage, 'still holds something'],
    [broken.TakesSecondsStorage, 'still holds something'],
    [broken.CutsLifetimesStorage, 'minutes": nothing in place'],
    [broken.RefusesFractionsStorage, 'not an integer'],
    [broken.DeletesTheExpiredStorage, 'delete found something'],
  ],
  'keeps a key whose lifetime is Infinity': [[broken.EndsInfinityAtOnceStorage, 'endless": nothing in place']],
  'forgets a key that is deleted, and says whether it held something': [
    [broken.AlwaysSaysDeletedStorage, 'held nothing any more'],
    [broken.NeverDeletesStorage, 'held nothing any more'],
  ],
  'shows what one connection set and deleted to the other': [[broken.IsAloneStorage, 'the other connection deletes']],
  'takes keys of any characters and of thousands of them, and no two for one': [
    [broken.FoldsKeysStorage, 'byte 6 is another'],
    [broken.TrimsKeysStorage, 'byte 6 is another'],
    [broken.CutsKeysStorage, 'byte 7 is another'],
    [broken.NormalizesKeysStorage, 'byte 6 is another'],
  ],
  'never answers one key with the bytes of another, even when UTF-8 cannot tell them apart': [
    [broken.EncodesKeysStorage, 'byte 6 is another'],
  ],
  'leaves one of the values set at once whole, and the same one for all who ask': [
    [broken.TearsStorage, 'what one of the callers set'],
  ],
  'serves hundreds of calls at once, each with its own answer': [[broken.MixesUpAnswersStorage, 'the number of bytes']],
  'shares no memory with its callers: theirs may be changed afterwards': [
    [broken.KeepsGivenMemoryStorage, 'after the bytes given were changed'],
    [broken.HandsOutItsMemoryStorage, 'byte 0 is another'],
  ],
  'touches no key that does not start with the prefix that is cleared, whatever pattern it resembles': [
    [broken.ClearsByPatternStorage, 'any*": nothing in place'],
    [broken.ClearsEverythingStorage, 'any*": nothing in place'],
  ],
  'may be closed twice': [
    [broken.ClosesOnceStorage, 'closed already'],
    [broken.ForgetsWhenClosedStorage, 'nothing in place'],
  ],
  'forgets every key that starts with the prefix that is cleared, thousands of them, whatever the prefix': [
    [broken.ClearsOnePageStorage, 'many:1000" holds something'],
  ],
  'forgets every key when the empty prefix is cleared': [[broken.NeedsPrefixToClearStorage, 'holds something']],
  'getMany answers in the order of its keys, a key asked twice twice, and with nothing where there is nothing': [
    [broken.GetsManyThatAreThereStorage, 'deep-equal'],
    [broken.GetsManyOnceEachStorage, 'deep-equal'],
  ],
  'getMany answers hundreds of keys, every byte as it was set': [[broken.GetsOnePageStorage, ':100: nothing in place']],
  'getMany shares no memory with its callers': [[broken.HandsOutItsMemoryStorage, 'byte 0 is another']],
  'add keeps bytes where there are none, and leaves those that are there': [
    [broken.AddsOverStorage, 'the number of bytes'],
  ],
  'add succeeds for one of those who call it at once, and keeps the bytes of that one': [
    [broken.AddsLateStorage, '10 of 10 callers'],
  ],
  'add takes a lifetime, and a key whose lifetime is over for one that holds nothing': [
    [broken.AddsForeverStorage, 'still holds something'],
  ],
  'increment begins with the initial number, and keeps its sums as decimal text': [
    [broken.BeginsAtZeroStorage, '5 !== 15'],
  ],
  'increment loses no step of those who call it at once, and tells each sum once': [
    [broken.IncrementsLateStorage, 'deep-equal'],
  ],
  'increment keeps the lifetime that the number has': [[broken.IncrementsForeverStorage, 'the sum is still there']],
  'increment leaves alone what is not a whole number': [[broken.IncrementsAnythingStorage, "'one' is no whole number"]],
  'touch gives what a key holds another lifetime, and says whether it held anything': [
    [broken.TouchesNothingStorage, 'still holds something'],
    [broken.TouchesWhatIsNotThereStorage, 'there was nothing'],
  ],
  'getNow says at once what get says': [[broken.HasNothingNowStorage, 'nothing in place of its bytes']],
};

describe('The conformance suite of storages', () => {
  const findings = Object.entries(FINDINGS).flatMap(([title, storages]) =>
    storages.map(([Storage, message]) => [Storage.name, title, Storage, message] as const),
  );

  it.each(findings)('finds %s: "%s"', async (_name, title, Storage, message) => {
    const check = suiteOn(Storage).find((each) => each.title === title)!;
    await expect(check.run()).rejects.toThrow(message);
  });

  it('finds optional methods that it was not told of, because nobody would check them', async () => {
    const [members] = suiteOn(MapStorage, ['getMany', 'add']);
    await expect(members.run()).rejects.toThrow('increment');
  });

  it('finds a storage that clears everything where it should refuse', async () => {
    const storage = new MapStorage();
    const checks = storageConformance(() => storage, { capabilities: CAPABILITIES, clears: 'prefixes' });
    const check = checks.find(({ title }) => title.startsWith('refuses to clear the empty prefix'))!;
    await expect(check.run()).rejects.toThrow('clear of the empty prefix');
  });

  it('has no check that finds nobody', () => {
    const titles = suiteOn(MapStorage).map(({ title }) => title);
    expect(titles.slice(1)).toEqual(Object.keys(FINDINGS));
  });

  it('leaves out what it was told is not promised', () => {
    const titles = storageConformance(() => new MapStorage(), { clears: 'nothing' }).map(({ title }) => title);
    expect(titles[0]).toBe('has no optional method');
    expect(titles.filter((title) => /^(?:getMany|add|increment|forgets every key)/.test(title))).toEqual([]);
  });
});
