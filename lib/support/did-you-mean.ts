/** The known name that an unknown one was most likely meant to be, or `undefined` when none is close. */
export function closestTo(unknown: string, known: Iterable<string>): string | undefined {
  let closest: string | undefined;
  // A third of the letters may be wrong: more, and it is a guess that sends the reader the wrong way.
  let fewest = Math.max(1, Math.floor(unknown.length / 3)) + 1;
  for (const name of known) {
    const edits = editsBetween(unknown.toLowerCase(), name.toLowerCase());
    if (edits >= fewest) continue;
    fewest = edits;
    closest = name;
  }
  return closest;
}

/** Letters to insert, delete or replace (Levenshtein). */
function editsBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      line.push(Math.min(replaced, above[column] + 1, line[column - 1] + 1));
    }
    above = line;
  }
  return above[b.length];
}
