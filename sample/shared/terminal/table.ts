import { stripVTControlCharacters } from 'node:util';

const GAP = '   ';

const width = (cell: string): number => stripVTControlCharacters(cell).length;

/** Lines of cells under each other: columns in `right` (counted from 0) end together, the others begin together. */
export function table(lines: readonly (readonly string[])[], right: readonly number[]): string[] {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => width(line[column]))));
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const space = ' '.repeat(widths[column] - width(cell));
        return right.includes(column) ? space + cell : cell + space;
      })
      .join(GAP)
      .trimEnd(),
  );
}
