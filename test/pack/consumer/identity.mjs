import * as imported from 'nestjs-zoocache';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const required = createRequire(import.meta.url)('nestjs-zoocache');
const names = Object.keys(imported).filter((name) => name !== 'default');

assert.ok(names.length > 5, 'there is something to compare');
for (const name of names) assert.equal(required[name], imported[name], `${name} exists once, imported or required`);
for (const name of names.filter((each) => typeof imported[each] === 'function')) {
  assert.equal(imported[name].name, name, `${name} is called so in logs and errors`);
}
