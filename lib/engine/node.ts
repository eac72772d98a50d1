/** A tag in a tag table: its place in the columns, for as long as somebody holds it. */
export type Node = number;
