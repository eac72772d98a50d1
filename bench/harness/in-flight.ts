import { ratioOf, type Ratio } from './measure.js';

/** Microseconds that pass for each of many calls, when each answer lets the next of so many callers begin. */
export async function microsecondsEach(
  call: (n: number) => Promise<unknown>,
  { calls, inFlight }: { readonly calls: number; readonly inFlight: number },
): Promise<number> {
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun < calls) await call(begun++);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, caller));
  return ((performance.now() - start) * 1_000) / calls;
}

/** How often one measurement is another, in short rounds that take turns in going first, after some to warm up. */
export async function ratioInTurns(
  one: () => Promise<number>,
  other: () => Promise<number>,
  rounds = 15,
): Promise<Ratio> {
  const ratios: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const isFirst = round % 2 === 0;
    const early = await (isFirst ? one : other)();
    const late = await (isFirst ? other : one)();
    if (round >= 0) ratios.push(isFirst ? early / late : late / early);
  }
  return ratioOf(ratios);
}
