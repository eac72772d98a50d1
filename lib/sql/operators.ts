import type { Tokens } from './tokens.js';

/** Operators of PostgreSQL, and of its extensions that are in wide use. */
const known = new Set(
  [
    '+ - * / % ^ |/ ||/ @ & | # ~ << >> = <> != < > <= >= => || ~~ !~~ ~~* !~~* ~* !~ !~* ^@ ~<~ ~<=~ ~>~ ~>=~',
    // row by row
    '*= *<> *< *<= *> *>=',
    // arrays, ranges, networks, geometry, texts for search
    '@> <@ && -|- &< &> <<= >>= <<| |>> &<| |&> <^ >^ ?# ?- ?| ?-| ?|| ## @-@ @@ ~= <-> !!',
    // JSON
    '-> ->> #> #>> ? ?& #- @?',
    // pg_trgm, hstore, ltree, cube, earthdistance
    '<% %> <<% %>> <<-> <->> <<<-> <->>> #= %% %# ?@> ?<@ ?~ ?@ ^@> ^<@ ^~ ^? ~> <@>',
    // pgvector, PostGIS
    '<#> <=> <+> <~> <%> &&& &/& @>> <<@ |=| <<->> <<#>> ~~= ~==',
  ]
    .join(' ')
    .split(' '),
);

const CHARACTERS = new Set(Array.from('+-*/<>=~!@#%^&|`?', (character) => character.charCodeAt(0)));

/** Whether a token of this kind is a character of which PostgreSQL makes operators. */
export const isOperatorCharacter = (kind: number): boolean => CHARACTERS.has(kind);

/** Where the characters end that PostgreSQL takes together, from the one at `index` on. */
export function operatorEnd(tokens: Tokens, index: number, end: number): number {
  const { kinds, starts, ends } = tokens;
  let at = index + 1;
  while (at < end && starts[at] === ends[at - 1] && isOperatorCharacter(kinds[at])) at++;
  return at;
}

/** Whether these characters, taken together, are an operator that reads nothing but its operands. */
export function isKnownOperator(characters: string): boolean {
  // A sign at the end is the operand's, as in `a>=-1`, unless one of these stands in front of it.
  const operator = /[~!@#%^&|`?]/.test(characters) ? characters : characters.replace(/(?<=.)[+-]+$/, '');
  return known.has(operator);
}
