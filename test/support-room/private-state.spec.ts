import { EventEmitter } from 'node:events';
import { runInNewContext } from 'node:vm';
import { inherits } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { minifySync, transformSync } from '@swc/core';
import ts from 'typescript';
import { EqualOperator, FindOperator } from 'typeorm';
import { holdsPrivateState, privateStateOf } from '../../lib/support/private-state.js';

/** Sources whose class `Subject` keeps state out of sight; each in its plain modern form. */
const HIDING: Record<string, string> = {
  'a private field': 'class Subject { #x = 1; read() { return this.#x } }',
  'a private field without a value': 'class Subject { #x; constructor(x) { this.#x = x } read() { return this.#x } }',
  'a private method': 'class Subject { #m() { return 1 } read() { return this.#m() } }',
  'a private accessor': 'class Subject { get #m() { return 1 } read() { return this.#m } }',
  'a brand check': 'class Subject { #x; static is(o) { return #x in o } }',
  'a private field above': 'class Base { #x = 1; read() { return this.#x } }\nclass Subject extends Base { y = 2 }',
  'a private field below a class':
    'class Base { y = 2 }\nclass Subject extends Base { #x = 1; read() { return this.#x } }',
  'a private field two classes above':
    'class Root { #x = 1; read() { return this.#x } }\nclass Base extends Root {}\nclass Subject extends Base {}',
  'a WeakMap':
    'const x = new WeakMap();\nclass Subject { constructor() { x.set(this, 1) } read() { return x.get(this) } }',
  'a WeakSet': 'const seen = new WeakSet();\nclass Subject { constructor() { seen.add( this ) } }',
};

/** Sources whose class `Subject` has nothing but properties. */
const OPEN: Record<string, string> = {
  fields: 'class Subject { x = 1; y = "2"; constructor(z) { this.z = z } }',
  'TypeScript privates': 'class Subject { private x = 1; protected y = 2; read() { return this.x } }',
  accessors: 'class Subject { first = "a"; last = "b"; get full() { return this.first + this.last } }',
  inheritance: 'class Base { x = 1 }\nclass Subject extends Base { y = 2 }',
  'copied properties': 'class Subject { constructor(from) { Object.assign(this, from); } }',
  'copied properties over defaults': 'class Subject { constructor(from) { Object.assign(this, from, { x: 1 }); } }',
  'colours and anchors': `class Subject { colour = '#fff'; anchor = "#top"; text = \`#here\`; ticket = 'see #12' }`,
  'a map of its own': 'class Subject { index = new Map(); put(key, value) { this.index.set(key, value) } }',
};

const COMPILERS: Record<string, (source: string) => string> = {
  'TypeScript for ES2022': (source) => typescript(source, ts.ScriptTarget.ES2022),
  'TypeScript for ES2021': (source) => typescript(source, ts.ScriptTarget.ES2021),
  'TypeScript for ES2020': (source) => typescript(source, ts.ScriptTarget.ES2020),
  'TypeScript for ES2015': (source) => typescript(source, ts.ScriptTarget.ES2015),
  'SWC for ES2022': (source) => swc(source, 'es2022'),
  'SWC for ES2021': (source) => swc(source, 'es2021'),
  'SWC for ES2020': (source) => swc(source, 'es2020'),
  'SWC for ES5': (source) => swc(source, 'es5'),
  'TypeScript for ES2021, minified': (source) => minified(typescript(source, ts.ScriptTarget.ES2021)),
  'SWC for ES2022, minified': (source) => minified(swc(source, 'es2022')),
  'SWC for ES2021, minified': (source) => minified(swc(source, 'es2021')),
};

function typescript(source: string, target: ts.ScriptTarget): string {
  const useDefineForClassFields = target >= ts.ScriptTarget.ES2022;
  return ts.transpileModule(source, { compilerOptions: { target, useDefineForClassFields } }).outputText;
}

function swc(source: string, target: 'es5' | 'es2020' | 'es2021' | 'es2022'): string {
  return transformSync(source, { jsc: { parser: { syntax: 'typescript' }, target }, isModule: false }).code;
}

/** With every top-level name mangled, as the bundle of a server is, so that no helper keeps a telling name. */
function minified(code: string): string {
  const kept = `${code}\nglobalThis.kept = Subject;`;
  return minifySync(kept, { compress: { defaults: true }, mangle: { toplevel: true }, toplevel: true }).code;
}

function subject(code: string): Function {
  return runInNewContext(`${code}\n;globalThis.kept ?? Subject`, { module: {} }) as Function;
}

describe.each(Object.entries(COMPILERS))('a class compiled by %s', (_compiler, compile) => {
  it.each(Object.entries(HIDING))('that has %s is known to hide state', (_, source) => {
    expect(holdsPrivateState(subject(compile(source)))).toBe(true);
  });

  it.each(Object.entries(OPEN))('that has only %s is known to be open', (_, source) => {
    expect(holdsPrivateState(subject(compile(source)))).toBe(false);
  });
});

describe('a class compiled by', () => {
  it.each([
    [
      'esbuild',
      'class Subject { constructor() { __privateAdd(this, _x, 1); } read() { return __privateGet(this, _x) } }',
    ],
    ['esbuild, minified', 'class Subject { constructor(){d(this,o,1)} read(){return l(this,o)} }'],
    ['Babel', 'class Subject { constructor() { _classPrivateFieldInitSpec(this, _x, 1); } }'],
    ['older Babel', 'class Subject { constructor() { _x.set(this, { writable: true, value: 1 }); } }'],
    [
      'Babel, loose',
      'class Subject { constructor() { Object.defineProperty(this, _x, { writable: true, value: 1 }); } }',
    ],
    ['SWC with its helpers imported', 'class Subject { constructor() { _class_private_field_init._(this, _x, {}); } }'],
    ['SWC with its helpers imported, minified', 'class Subject { constructor(){(0,r._)(this,n,{writable:!0})} }'],
    [
      'TypeScript for ES5 below a class',
      'function Subject() { var _this = _super.call(this) || this; _x.set(_this, 1); }',
    ],
    [
      'SWC with its helpers imported for a private method, minified',
      'class Subject { constructor(){(0,r._)(this,n)} }',
    ],
    ['SWC, its helpers inlined', 'class Subject { constructor(){var t=this,a=e,r={writable:!0,value:1};a.set(t,r)} }'],
    ['TypeScript for ES5, minified', 'function Subject(){var n=e.call(this)||this;return o.set(n,1),n}'],
  ])('%s is read by the form it gives to privates', (_, source) => {
    expect(holdsPrivateState(subject(source))).toBe(true);
  });
});

describe('a class that was not compiled from source', () => {
  it.each([
    ['Date', Date],
    ['Map', Map],
    ['Promise', Promise],
    ['Error', Error],
    ['URL, which Node writes in JavaScript', URL],
    ['a class that extends Map', class extends Map {}],
    ['a bound class', class {}.bind(undefined) as Function],
    ['a class behind a Proxy', new Proxy(class {}, {})],
    ['the Date of another realm', runInNewContext('Date') as Function],
  ])('as %s has slots that only its own methods see', (_, constructor) => {
    expect(holdsPrivateState(constructor)).toBe(true);
  });

  it('as code whose text was dropped is not trusted', () => {
    const dropped = class {};
    const text = Function.prototype.toString;
    Reflect.set(Function.prototype, 'toString', () => '\u200b');
    try {
      expect(holdsPrivateState(dropped)).toBe(true);
    } finally {
      Reflect.set(Function.prototype, 'toString', text);
    }
  });

  it.each([
    ['Object', Object],
    ['the Object of another realm', runInNewContext('Object') as Function],
    ['a class that extends Object', class extends Object {}],
    ['an EventEmitter', EventEmitter],
  ])('as %s has none', (_, constructor) => {
    expect(holdsPrivateState(constructor)).toBe(false);
  });
});

describe('a class above which a built-in class stands', () => {
  it('is asked for its own private members apart, since the slots can be read', () => {
    class Plain extends Date {
      zone = 'UTC';
    }
    class Hiding extends Date {
      #zone = 'UTC';
      zone(): string {
        return this.#zone;
      }
    }
    expect(privateStateOf(Plain)).toEqual({ inSlots: true, inMembers: false });
    expect(privateStateOf(Hiding)).toEqual({ inSlots: true, inMembers: true });
    expect(privateStateOf(Buffer)).toEqual({ inSlots: true, inMembers: false });
    expect(privateStateOf(URL)).toEqual({ inSlots: false, inMembers: true });
  });
});

describe('the classes above', () => {
  it('are found when they are linked by util.inherits', () => {
    const hidden = new WeakMap<object, number>();
    const Base = function (this: object): void {
      hidden.set(this, 1);
    };
    const Subject = function (): void {};
    inherits(Subject, Base);
    expect(holdsPrivateState(Subject)).toBe(true);
  });

  it('are found when one of them overwrote its constructor property', () => {
    class Base {
      #x = 1;
      read(): number {
        return this.#x;
      }
    }
    class Subject extends Base {}
    Object.defineProperty(Base.prototype, 'constructor', { value: class Other {} });
    expect(holdsPrivateState(Subject)).toBe(true);
  });

  it('are not trusted when one of them cannot be found', () => {
    const Base = function (): void {};
    Base.prototype = { read: (): number => 1 };
    expect(holdsPrivateState(Base)).toBe(false);
    expect(holdsPrivateState(class extends (Base as unknown as typeof Object) {})).toBe(false);
    Base.prototype = Object.create({ read: (): number => 1 });
    expect(holdsPrivateState(class extends (Base as unknown as typeof Object) {})).toBe(true);
  });

  it('are found up to one that extends null', () => {
    const Root = runInNewContext('class Root extends null { #x = 1; read() { return this.#x } }; Root') as never;
    expect(holdsPrivateState(class extends (Root as typeof Object) {})).toBe(true);
  });
});

describe('the classes this library meets most', () => {
  it.each([
    ['FindOperator', FindOperator],
    ['EqualOperator', EqualOperator],
  ])('as TypeORM ships %s are open', (_, constructor) => {
    expect(holdsPrivateState(constructor)).toBe(false);
  });
});
