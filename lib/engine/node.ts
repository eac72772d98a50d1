/** A tag in a tag table: its place in the columns, for as long as somebody holds it. */
export type Node = number;

/**
 * Some nodes in short, a bit for each that many nodes have in common: what shares no bit shares no node. (A Bloom filter
 * with one hash; Bloom, 1970.)
 */
export type NodeBits = number;

/** Of no node at all. */
export const NO_BITS: NodeBits = 0;

/** Of any node. */
export const ALL_BITS: NodeBits = -1;

export function bitsOf(nodes: readonly Node[]): NodeBits {
  let bits = NO_BITS;
  // JavaScript shifts by the last five bits of the number.
  for (let i = 0; i < nodes.length; i++) bits |= 1 << nodes[i];
  return bits;
}
