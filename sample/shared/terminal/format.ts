/** `1234567` as `1,234,567`. */
export const thousands = (value: number): string => value.toLocaleString('en');

/** `1 load`, `2 loads`. */
export const counted = (count: number, noun: string): string => `${thousands(count)} ${noun}${count === 1 ? '' : 's'}`;

/** A duration with the digits that matter: `0.034 ms`, `3.14 ms`, `42.0 ms`, `1,234 ms`. */
export function milliseconds(ms: number): string {
  if (ms >= 100) {
    return `${thousands(Math.round(ms))} ms`;
  }
  const digits = ms >= 10 ? 1 : ms >= 0.1 ? 2 : 3;
  return `${ms.toFixed(digits)} ms`;
}

/** How many times faster the second duration is: `×1,234`. */
export function timesFaster(slowMs: number, fastMs: number): string {
  const ratio = slowMs / fastMs;
  return `×${ratio >= 10 ? thousands(Math.round(ratio)) : ratio.toFixed(1)}`;
}
