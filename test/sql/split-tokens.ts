/** Cuts a text into pieces that can be shuffled without falling apart: words, numbers, quoted text, operators. */
export function splitTokens(sql: string): string[] {
  const piece =
    /\$(\w*)\$[^]*?\$\1\$|\/\*(?:[^*]|\*(?!\/))*\*\/(?: \*\/)?|--[^\n]*\n|[eEuUbBxXnN]?&?'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+|[\w$]+|\d+(?:\.\d+)?|[<>=!~@|&?-]+|::|[^\s]/g;
  return sql.match(piece) ?? [];
}
