import { readFileSync, readdirSync } from 'node:fs';
import { posix, relative } from 'node:path';
import ts from 'typescript';

/** One import of a file: when it takes effect (a type never does), and of what. */
export interface Import {
  readonly specifier: string;
  readonly kind: 'static' | 'type' | 'lazy';
}

/** What the rules look at: a file's path below lib/, its imports, and its code without comments. */
export interface SourceFile {
  readonly file: string;
  readonly imports: readonly Import[];
  readonly text: string;
}

/**
 * Rooms by level; a room may import the rooms of lower levels. `root` is the room of the files outside of a folder; a folder
 * inside of a room is a room of its own where the table has it.
 */
export type RoomTable = ReadonlyMap<string, number>;

const nestRooms = ['nest', 'http', 'observability', 'root'];

/** Packages that are there wherever this one is, so that a static import of them cannot fail; per room. */
function staticPackages(room: string): readonly string[] {
  if (nestRooms.includes(room))
    return ['@nestjs/common', '@nestjs/core', '@nestjs/typeorm', 'reflect-metadata', 'rxjs'];
  return isTypeorm(room) ? ['typeorm'] : [];
}

/** Where decisions would escape the tests that own the clock and the dice; lib/support holds the real ones. */
const worldAccess = /\b(?:Math\.random|Date\.now|performance\.now|process\.hrtime|new Date\(\))/;

/** Every breach of the rules in lib/README.md, as sentences; an empty list when there is none. */
export function breaches(files: readonly SourceFile[], rooms: RoomTable): string[] {
  const stores = files.flatMap(({ file, text }) => (text.match(/new AsyncLocalStorage\b/g) ?? []).map(() => file));
  return [
    ...files.flatMap((file) => [...breachesOfImports(file, rooms), ...breachesOfText(file)]),
    ...cycles(files).map((cycle) => `${cycle.join(' -> ')} is an import cycle`),
    ...(stores.length === 1 ? [] : [`there are ${stores.length} AsyncLocalStorages, not one: ${stores.join(', ')}`]),
  ];
}

function breachesOfImports({ file, imports }: SourceFile, rooms: RoomTable): string[] {
  const room = roomOf(file, rooms);
  const level = rooms.get(room);
  if (level === undefined) return [`${file} is in no room of the table`];
  return imports.flatMap(({ specifier, kind }) => {
    if (specifier.startsWith('node:')) return [];
    if (specifier.startsWith('.')) {
      const other = roomOf(resolveImport(file, specifier), rooms);
      if (other === room || (rooms.get(other) ?? Infinity) < level) return [];
      return [`${file} imports ${specifier}, but ${room} is not above ${other}`];
    }
    const name = packageOf(specifier);
    if (name === 'typeorm' && !isTypeorm(room)) return [`${file} imports typeorm outside of lib/typeorm`];
    if (name.startsWith('@nestjs/') && !nestRooms.includes(room)) return [`${file} imports ${name} below lib/nest`];
    if (kind === 'static' && !staticPackages(room).includes(name)) {
      return [`${file} imports ${name} statically: a driver is reached through await import()`];
    }
    return [];
  });
}

function breachesOfText({ file, text }: SourceFile): string[] {
  const world = file.startsWith('support/') ? undefined : worldAccess.exec(text)?.[0];
  return [
    ...(/\bimport\.meta\b/.test(text) ? [`${file} uses import.meta, which the CommonJS build cannot hold`] : []),
    ...(world ? [`${file} uses ${world}: clock and randomness are handed in`] : []),
  ];
}

/** One cycle for each file that is on one and comes first on it alphabetically. */
function cycles(files: readonly SourceFile[]): string[][] {
  const edges = new Map(
    files.map(({ file, imports }) => [
      file,
      imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolveImport(file, specifier)),
    ]),
  );
  return [...edges.keys()].flatMap((start) => {
    const cycle = shortestWay(edges, start);
    return cycle?.every((file) => start <= file) ? [cycle] : [];
  });
}

/** The shortest way from a file back to itself, or undefined. */
function shortestWay(edges: ReadonlyMap<string, readonly string[]>, start: string): string[] | undefined {
  const seen = new Set<string>();
  let ways = [[start]];
  while (ways.length > 0) {
    const longer: string[][] = [];
    for (const way of ways) {
      for (const next of edges.get(way.at(-1)!) ?? []) {
        if (next === start) return [...way, start];
        if (!seen.has(next)) longer.push([...way, next]);
        seen.add(next);
      }
    }
    ways = longer;
  }
  return undefined;
}

function roomOf(file: string, rooms: RoomTable): string {
  const [folder, inner, ...rest] = file.split('/');
  if (inner === undefined) return 'root';
  return rest.length > 0 && rooms.has(`${folder}/${inner}`) ? `${folder}/${inner}` : folder;
}

/** Whether it is the room around TypeORM, or one inside of it. */
function isTypeorm(room: string): boolean {
  return room.split('/', 1)[0] === 'typeorm';
}

function resolveImport(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The rooms and levels of the tables in lib/README.md: their rows are `| level | room | … |`. */
export function readRoomTable(markdown: string): RoomTable {
  const rows = markdown.matchAll(/^\| *(\d+(?:\.\d+)?) *\| *`([a-z]+(?:\/[a-z]+)?)\/?`/gm);
  return new Map([...rows].map(([, level, room]) => [room, Number(level)]));
}

/** Every TypeScript file below a folder, as the rules see it. */
export function readSourceFiles(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .map((path) => parseSourceFile(relative(folder, path).replaceAll('\\', '/'), readFileSync(path, 'utf8')))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Parsed rather than matched: a comment or a string that looks like an import is none. */
export function parseSourceFile(file: string, source: string): SourceFile {
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier) imports.push({ specifier: textOf(node.moduleSpecifier), kind: kindOf(node) });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      imports.push({ specifier: textOf(node.arguments[0]), kind: 'lazy' });
    } else if (ts.isImportTypeNode(node)) {
      imports.push({ specifier: textOf(node.argument), kind: 'type' });
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return { file, imports, text: ts.createPrinter({ removeComments: true }).printFile(parsed) };
}

function textOf(node: ts.Node): string {
  const literal = ts.isLiteralTypeNode(node) ? node.literal : node;
  return ts.isStringLiteralLike(literal) ? literal.text : literal.getText();
}

/** `import { type A, type B }` is a type import too: nothing of it is left in the output but the side effect we never want. */
function kindOf(node: ts.ImportDeclaration | ts.ExportDeclaration): 'static' | 'type' {
  const clause = ts.isImportDeclaration(node) ? node.importClause : node;
  if (clause?.isTypeOnly) return 'type';
  const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
  const hasDefault = ts.isImportDeclaration(node) && node.importClause?.name !== undefined;
  const names = bindings && (ts.isNamedImports(bindings) || ts.isNamedExports(bindings)) ? bindings.elements : [];
  return !hasDefault && names.length > 0 && names.every((name) => name.isTypeOnly) ? 'type' : 'static';
}
