import { EventEmitter } from 'node:events';
import { expect, it } from '@jest/globals';
import { listenToCommit } from '../../lib/typeorm/connections/commit-answer.js';

it('A COMMIT was answered by the first word about the end of a transaction, whatever others are told before and after', () => {
  for (const [words, isCommitted] of [
    [['UPDATE 1', 'COMMIT'], true],
    [['COMMIT', 'BEGIN', 'ROLLBACK'], true],
    [['ROLLBACK', 'BEGIN', 'COMMIT'], false],
    [[], false],
  ] as const) {
    const connection = new EventEmitter();
    const answer = listenToCommit({ connection })!;
    for (const text of words) connection.emit('commandComplete', { text });
    expect([words, answer()]).toEqual([words, isCommitted]);
    expect(connection.listenerCount('commandComplete')).toBe(0);
  }
});

it('A COMMIT of a driver that cannot be listened to has no answer', () => {
  expect(listenToCommit({})).toBeUndefined();
});
