import type { Dice } from '../support/dice.js';

type Damage = (dice: Dice, bytes: Buffer, other: Buffer) => Uint8Array;

/** What proxies, columns, disks and libraries are known to make of bytes; `other` is what lies under another key. */
const DAMAGES: readonly Damage[] = [
  function flipBits(dice, bytes) {
    for (let left = dice.between(1, 4); left > 0; left--) bytes[dice.below(bytes.length)] ^= 1 << dice.below(8);
    return bytes;
  },
  function changeBytes(dice, bytes) {
    for (let left = dice.between(1, 9); left > 0; left--) bytes[dice.below(bytes.length)] = dice.below(256);
    return bytes;
  },
  function cut(dice, bytes) {
    return bytes.subarray(0, dice.below(bytes.length));
  },
  function leaveOut(dice, bytes) {
    const from = dice.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + dice.between(1, 20))]);
  },
  function repeat(dice, bytes) {
    const from = dice.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, from + dice.between(1, 20)), bytes.subarray(from)]);
  },
  function loseTheEnd(dice, bytes) {
    return bytes.fill(0, dice.below(bytes.length));
  },
  function splice(dice, bytes, other) {
    const at = dice.below(Math.min(bytes.length, other.length));
    return dice.of([
      Buffer.concat([bytes.subarray(0, at), other.subarray(at)]),
      Buffer.concat([other.subarray(0, at), bytes.subarray(at)]),
    ]);
  },
  function takeForText(_, bytes) {
    return Buffer.from(bytes.toString('utf8'));
  },
  function mixUp(_, bytes, other) {
    return other;
  },
];

/** Other bytes than those that were stored, damaged in one of many ways. */
export function damagedBytes(dice: Dice, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  for (;;) {
    const damaged = dice.of(DAMAGES)(dice, Buffer.from(bytes), Buffer.from(other));
    if (Buffer.compare(damaged, bytes) !== 0) return damaged;
  }
}
