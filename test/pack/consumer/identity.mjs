import * as root from 'nestjs-zoocache';
import * as testing from 'nestjs-zoocache/testing';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

for (const [entry, imported] of Object.entries({ 'nestjs-zoocache': root, 'nestjs-zoocache/testing': testing })) {
  const required = require(entry);
  const names = Object.keys(imported).filter((name) => name !== 'default');

  assert.ok(names.length >= 5, `there is something to compare in ${entry}`);
  for (const name of names) assert.equal(required[name], imported[name], `${name} exists once, imported or required`);
  for (const name of names.filter((each) => typeof imported[each] === 'function')) {
    assert.equal(imported[name].name, name, `${name} is called so in logs and errors`);
  }
}
