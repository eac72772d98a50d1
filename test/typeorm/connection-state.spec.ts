import { beforeEach, describe, expect, it } from '@jest/globals';
import { ProcessLog } from '../../lib/bus/local/process-log.js';
import { TransactionScope } from '../../lib/engine/context.js';
import { WritePath } from '../../lib/engine/write-path.js';
import { tagOf, type Invalidation } from '../../lib/tags/tag.js';
import { ConnectionState } from '../../lib/typeorm/connections/connection-state.js';
import type { Control, Step, TransactionRules } from '../../lib/typeorm/connections/transaction-control.js';
import { Knowledge } from '../../lib/typeorm/databases/knowledge.js';
import { TransactionHandle } from '../../lib/typeorm/connections/transaction-handle.js';

const row = (name: string): Invalidation => ({ touches: [tagOf(name)], sweeps: [] });
const everything = { sweep: { touches: [], sweeps: [tagOf('db')] } };

/** Statements answered whenever the test says so, in any order: what a connection shared by many callers sees. */
class Course {
  readonly writePath = new WritePath();
  readonly scope = new TransactionScope();
  readonly state: ConnectionState;
  private readonly released: string[] = [];

  constructor(rules: Partial<TransactionRules> = {}) {
    this.state = new ConnectionState(this.writePath, {
      beginCommits: false,
      savepointBegins: false,
      failureMayEnd: false,
      saysNoneIsOpen: () => false,
      ...rules,
    });
    const log = new ProcessLog();
    log.follow(({ kind, invalidation }) => {
      if (kind !== 'mark') this.released.push(...invalidation.touches, ...invalidation.sweeps);
    });
    this.writePath.attach(log);
  }

  /** What was released since the last time. */
  take(): string[] {
    return [...new Set(this.released.splice(0))].sort();
  }

  send(name: string): () => void {
    const write = this.state.startWrite(() => row(name), undefined, false);
    return () => this.state.endWrite(write, row(name));
  }

  write(name: string): void {
    this.send(name)();
  }

  handle(): TransactionHandle {
    return new TransactionHandle(this.scope, this.writePath);
  }

  begin(): void {
    this.state.startControl({ kind: 'begin' }, this.handle()).succeeded();
  }

  commit(): void {
    this.state.startControl({ kind: 'commit' }).succeeded();
  }

  savepoint(savepoint: string): void {
    this.state.startControl({ kind: 'savepoint', savepoint }).succeeded();
  }

  release(savepoint: string): void {
    this.state.startControl({ kind: 'release-savepoint', savepoint }).succeeded();
  }

  undo(savepoint: string): void {
    this.state.startControl({ kind: 'rollback-to-savepoint', savepoint }).succeeded();
  }

  /** What is released when the open transaction is committed. */
  committed(): string[] {
    this.take();
    this.commit();
    return this.take();
  }
}

let course: Course;

beforeEach(() => {
  course = new Course();
});

describe('a write whose answer is late', () => {
  it('speaks for itself when it may be executed after the transaction around it was rolled back', () => {
    course.begin();
    const answer = course.send('late');
    course.state.startControl({ kind: 'rollback' }).succeeded();
    expect(course.writePath.openMarks).toBe(1);
    answer();
    expect(course.take()).toEqual(['late']);
    expect(course.writePath.openMarks).toBe(0);
  });

  it('is pending from the moment COMMIT is sent, and released when it is answered', () => {
    course.begin();
    const answer = course.send('late');
    const commit = course.state.startControl({ kind: 'commit' });
    // Its own and that of the COMMIT.
    expect(course.writePath.openMarks).toBe(2);
    commit.succeeded();
    answer();
    expect(course.take()).toEqual(['late']);
  });

  it('is released by the COMMIT behind it too, until which nobody else sees what it wrote', () => {
    const unawaited: [string, () => () => void][] = [
      ['a write', () => course.send('late')],
      ['several statements', () => course.state.startSteps([{ write: row('late') }], undefined).succeeded],
      ['several statements that fail', () => course.state.startSteps([{ write: row('late') }], undefined).failed],
      ['what may do anything', () => course.state.startAnything(row('late')).succeeded],
    ];
    for (const [what, send] of unawaited) {
      course.begin();
      const answer = send();
      const commit = course.state.startControl({ kind: 'commit' });
      answer();
      course.take();
      commit.succeeded();
      expect([what, ...course.take()]).toEqual([what, 'late']);
      course.commit();
      course.take();
    }
    expect(course.writePath.openMarks).toBe(0);
  });

  it('counts for the transaction too, when its BEGIN may have been executed first', () => {
    const answer = course.send('early');
    const begin = course.state.startControl({ kind: 'begin' });
    begin.succeeded();
    answer();
    expect(course.take()).toEqual(['early']);
    course.commit();
    expect(course.take()).toEqual(['early']);
  });

  it('is not undone with a savepoint whose rollback it may have been executed after', () => {
    course.begin();
    course.savepoint('here');
    const answer = course.send('late');
    const rollback = course.state.startControl({ kind: 'rollback-to-savepoint', savepoint: 'here' });
    answer();
    rollback.succeeded();
    course.commit();
    expect(course.take()).toEqual(['late']);
  });

  it('belongs to where it was sent, although savepoints that came after it have gone when it is answered', () => {
    course.begin();
    const answer = course.send('late');
    course.savepoint('outer');
    course.savepoint('inner');
    course.release('inner');
    course.undo('outer');
    answer();
    course.undo('outer');
    expect(course.committed()).toEqual(['late']);
  });

  it('counts for the transaction that a savepoint begins too, which may have been executed first', () => {
    course = new Course({ savepointBegins: true });
    const answer = course.send('early');
    course.savepoint('here');
    answer();
    expect(course.committed()).toEqual(['early']);
  });

  it('may be executed after what may have ended the transaction, and is released again', () => {
    course.begin();
    const answer = course.send('late');
    course.state.startAnything(row('anything')).succeeded();
    course.take();
    answer();
    expect(course.take()).toEqual(['late']);
    expect(course.committed()).toEqual(['anything', 'late']);
    course.begin();
    course.write('next');
    expect(course.committed()).toEqual(['next']);
  });

  it('belongs to what came before a savepoint that was on its way when it was sent', () => {
    course.begin();
    const savepoint = course.state.startControl({ kind: 'savepoint', savepoint: 'here' });
    course.write('between');
    savepoint.succeeded();
    course.state.startControl({ kind: 'rollback-to-savepoint', savepoint: 'here' }).succeeded();
    course.take();
    course.commit();
    expect(course.take()).toEqual(['between']);
  });
});

describe('what was written behind a savepoint', () => {
  it('stays with one before it that is released, unless that is not the last word', () => {
    course.begin();
    course.savepoint('outer');
    course.savepoint('inner');
    course.write('kept');
    course.release('outer');
    expect(course.committed()).toEqual(['kept']);
  });

  it('is nothing once that is rolled back to', () => {
    course.begin();
    course.savepoint('outer');
    course.write('a');
    course.savepoint('inner');
    course.write('b');
    course.release('inner');
    course.undo('outer');
    expect(course.committed()).toEqual([]);
  });

  it('speaks for itself where a rollback does not undo it', () => {
    course.begin();
    const write = course.state.startWrite(() => row('durable'), undefined, true);
    expect(course.writePath.openMarks).toBe(1);
    course.state.endWrite(write, row('durable'));
    expect(course.take()).toEqual(['durable']);
  });
});

describe('a write sent while a transaction starts or ends', () => {
  it('counts as committed by itself and as part of the transaction', () => {
    const begin = course.state.startControl({ kind: 'begin' });
    course.write('between');
    expect(course.take()).toEqual(['between']);
    begin.succeeded();
    course.commit();
    expect(course.take()).toEqual(['between']);
  });

  it('is part of the transaction that goes on because its COMMIT failed', () => {
    course.begin();
    const commit = course.state.startControl({ kind: 'commit' });
    course.write('between');
    commit.failed();
    expect(course.committed()).toEqual(['between']);
  });

  it('is part of the one that follows at once', () => {
    course.begin();
    const commit = course.state.startControl({ kind: 'commit', isChained: true });
    course.write('next');
    commit.succeeded();
    expect(course.committed()).toEqual(['next']);
  });

  it('is not undone by a rollback to a savepoint of the one before, whose answer comes late', () => {
    course.begin();
    course.savepoint('former');
    const undo = course.state.startControl({ kind: 'rollback-to-savepoint', savepoint: 'former' });
    course.commit();
    course.begin();
    course.savepoint('here');
    course.write('next');
    undo.succeeded();
    expect(course.committed()).toEqual(['next']);
  });

  it('survives the rollback that was on its way', () => {
    course.begin();
    const rollback = course.state.startControl({ kind: 'rollback' });
    course.write('between');
    rollback.succeeded();
    expect(course.take()).toEqual(['between']);
    course.commit();
    expect(course.take()).toEqual([]);
  });
});

describe('a connection of which too little is known', () => {
  it('counts every write twice, until a transaction command succeeds alone', () => {
    course.begin();
    course.write('before');
    course.state.startControl({ kind: 'commit' }).failed();
    expect(course.take()).toEqual(['before']);
    expect(course.state.mayBeInTransaction).toBe(true);
    course.write('unsure');
    expect(course.take()).toEqual(['unsure']);
    course.commit();
    expect(course.take()).toEqual(['before', 'unsure']);
    expect(course.state.mayBeInTransaction).toBe(false);
  });

  it('is one in whose transaction a statement failed, where that may end it', () => {
    course = new Course({ failureMayEnd: true });
    course.begin();
    course.write('before');
    const answer = course.send('on its way');
    course.state.hearFailure();
    answer();
    course.write('after');
    expect(course.take()).toEqual(['after', 'on its way']);
    course.state.startControl({ kind: 'rollback' }).succeeded();
    expect(course.state.mayBeInTransaction).toBe(false);
    expect(course.take()).toEqual([]);
  });

  it('puts nothing back that it had saved when a statement fails that may have ended it', () => {
    course = new Course({ failureMayEnd: true });
    course.begin();
    course.state.saved.add([{ id: 1 } as never]);
    expect(course.state.saved.isEmpty).toBe(false);
    course.state.hearFailure();
    expect(course.state.saved.isEmpty).toBe(true);
  });

  it('is none where a transaction outlives what fails in it, or there is no transaction', () => {
    course.begin();
    course.state.hearFailure();
    course.write('inside');
    expect(course.take()).toEqual([]);
    course = new Course({ failureMayEnd: true });
    course.state.hearFailure();
    expect(course.state.mayBeInTransaction).toBe(false);
  });

  it('is one whose commands overlapped: which of them was executed last, nobody can tell', () => {
    const one = course.state.startControl({ kind: 'begin' });
    const other = course.state.startControl({ kind: 'begin' });
    one.succeeded();
    other.failed();
    expect(course.state.mayBeInTransaction).toBe(true);
    course.write('unsure');
    expect(course.take()).toEqual(['unsure']);
    course.commit();
    expect(course.take()).toEqual(['unsure']);
    expect(course.state.mayBeInTransaction).toBe(false);
  });

  it('is one whose overlapping commands have all failed', () => {
    const begins = [1, 2].map(() => course.state.startControl({ kind: 'begin' }));
    for (const begin of begins) begin.failed();
    expect(course.state.mayBeInTransaction).toBe(true);
  });

  it('is one of whose overlapping commands each succeeded, because they need not have been executed in that order', () => {
    course.begin();
    const commit = course.state.startControl({ kind: 'commit' });
    const begin = course.state.startControl({ kind: 'begin' });
    begin.succeeded();
    commit.succeeded();
    expect(course.state.mayBeInTransaction).toBe(true);
    course.write('unsure');
    expect(course.take()).toEqual(['unsure']);
    course.commit();
    expect(course.take()).toEqual(['unsure']);
  });

  it('is one whose ROLLBACK was refused because none was open, if one may have begun since: only alone that says it all', () => {
    for (const isAlone of [true, false]) {
      course = new Course({ saysNoneIsOpen: (error) => error === 'none' });
      course.begin();
      const rollback = course.state.startControl({ kind: 'rollback' });
      const begin = isAlone ? undefined : course.state.startControl({ kind: 'begin' });
      begin?.succeeded();
      rollback.failed('none');
      expect([isAlone, course.state.mayBeInTransaction, course.scope.isOpen]).toEqual([isAlone, !isAlone, !isAlone]);
    }
  });

  it('does not forget what the next transaction wrote while the last one was ending', () => {
    course.begin();
    const commit = course.state.startControl({ kind: 'commit' });
    const begin = course.state.startControl({ kind: 'begin' });
    course.write('next');
    commit.succeeded();
    begin.succeeded();
    course.take();
    course.commit();
    expect(course.take()).toEqual(['next']);
  });

  it('releases with every release of a savepoint where that may commit', () => {
    course = new Course({ savepointBegins: true });
    course.state.startControl({ kind: 'savepoint', savepoint: 'a' }).succeeded();
    course.write('one');
    course.state.startControl({ kind: 'commit' }).failed();
    course.take();
    course.state.startControl({ kind: 'release-savepoint', savepoint: 'a' }).succeeded();
    expect(course.take()).toEqual(['one']);
    expect(course.state.mayBeInTransaction).toBe(true);
  });
});

describe('a command that fails outside of transactions', () => {
  it('changes nothing', () => {
    for (const kind of ['commit', 'rollback', 'begin'] as const) course.state.startControl({ kind }).failed();
    expect(course.state.mayBeInTransaction).toBe(false);
    course.write('alone');
    expect(course.take()).toEqual(['alone']);
    course.commit();
    expect(course.take()).toEqual([]);
  });
});

describe('a text of several statements', () => {
  const write = (name: string): Step => ({ write: row(name) });
  const [begin, commit, rollback] = (['begin', 'commit', 'rollback'] as const).map((kind): Step => ({
    control: { kind },
  }));
  const chain: Step = { control: { kind: 'commit', isChained: true } };
  const [savepoint, release, undo] = (['savepoint', 'release-savepoint', 'rollback-to-savepoint'] as const).map(
    (kind): Step => ({ control: { kind, savepoint: 's' } }),
  );
  const [prepare, off, on] = (['prepare', 'autocommit-off', 'autocommit-on'] as const).map((kind): Step => ({
    control: { kind },
  }));
  const [inner, releaseInner] = (['savepoint', 'release-savepoint'] as const).map((kind): Step => ({
    control: { kind, savepoint: 'inner' },
  }));
  const [unknown, chaining, ending] = (['autocommit-unknown', 'commits-chain', 'commits-end'] as const).map(
    (kind): Step => ({ control: { kind } }),
  );
  const define: Step = { write: row('definition'), commits: true };
  const anything: Step = { write: row('anything'), commits: 'perhaps' };
  const beginCommits = { beginCommits: true };
  const savepointBegins = { savepointBegins: true };

  const texts: [string, readonly Step[], Partial<TransactionRules>?][] = [
    ['BEGIN, a savepoint', [begin, write('a'), savepoint, write('b')]],
    ['what is undone', [begin, write('a'), savepoint, write('b'), undo, write('c')]],
    ['what is undone twice', [begin, savepoint, write('a'), undo, write('b'), undo]],
    ['a savepoint that is released', [begin, savepoint, write('a'), release, write('b')]],
    ['a savepoint that begins', [savepoint, write('a')], savepointBegins],
    ['and ends with its release', [savepoint, write('a'), release, write('b')], savepointBegins],
    ['and not with that of another', [savepoint, inner, write('a'), releaseInner, write('b')], savepointBegins],
    ['and BEGIN afterwards', [savepoint, release, begin, savepoint, write('a'), release], savepointBegins],
    ['a savepoint of no transaction', [savepoint, write('a')]],
    ['a savepoint that nobody has heard of', [begin, write('a'), undo, write('b')]],
    ['a savepoint behind BEGIN', [begin, savepoint, write('a'), release], savepointBegins],
    ['PREPARE', [begin, write('a'), prepare, write('b')]],
    ['autocommit off', [off, write('a')]],
    ['autocommit off and COMMIT', [off, write('a'), commit, write('b')]],
    ['autocommit off and on', [off, write('a'), on, write('b')]],
    ['autocommit on that was on', [begin, write('a'), on, write('b')]],
    ['autocommit unknown', [unknown, write('a')]],
    ['autocommit unknown and COMMIT', [unknown, write('a'), commit, write('b')]],
    ['transactions that follow each other', [chaining, begin, write('a'), commit, write('b')]],
    ['transactions that follow no more', [chaining, ending, begin, write('a'), commit, write('b')]],
    ['two transactions', [begin, write('a'), rollback, begin, write('b')]],
    ['BEGIN in a transaction', [begin, write('a'), begin, write('b')]],
    ['BEGIN that commits', [begin, write('a'), begin, write('b')], beginCommits],
    ['AND CHAIN', [begin, write('a'), chain, write('b')]],
    ['DDL', [begin, write('a'), define, write('b')]],
    ['what may do anything', [begin, write('a'), anything, write('b')]],
    ['what may do anything, and no transaction', [anything, write('a')]],
  ];

  const oneByOne = (steps: readonly Step[]): void => {
    for (const { control, write: written, commits } of steps) {
      if (control !== undefined) course.state.startControl(control).succeeded();
      else if (commits === true && course.state.mayBeInTransaction) {
        course.state.startImplicitCommit(written!, false).succeeded();
      } else if (commits === 'perhaps' && course.state.mayBeInTransaction) {
        course.state.startAnything(written!).succeeded();
      } else course.write(written!.touches[0]);
    }
  };
  const asOne = (steps: readonly Step[]): void => course.state.startSteps(steps, undefined).succeeded();

  /** What is to be seen of the transaction in which they leave the connection. */
  const seenAfter = (send: (steps: readonly Step[]) => void, steps: readonly Step[], last: Step, rules?: object) => {
    course = new Course(rules);
    send(steps);
    course.take();
    const isOpen = course.state.mayBeInTransaction;
    course.write('next');
    const atOnce = course.take();
    oneByOne([last]);
    const released = course.take();
    course.commit();
    return { isOpen, atOnce, released, committed: course.take(), marks: course.writePath.openMarks };
  };

  it('that fails may have ended the transaction or begun one, if it says so', () => {
    for (const [steps, isUnsure] of [
      [[write('a')], false],
      [[begin, write('a')], true],
      [[define], true],
      [[anything], true],
    ] as const) {
      course = new Course();
      course.state.startSteps(steps, undefined).failed();
      expect([steps, course.state.mayBeInTransaction]).toEqual([steps, isUnsure]);
      course.take();
      course.write('next');
      expect(course.take()).toEqual(['next']);
      course.commit();
      expect(course.take().includes('next')).toBe(isUnsure);
    }
  });

  it('that fails in a transaction may have left there what it wrote first', () => {
    course.begin();
    course.state.startSteps([write('a'), write('b')], undefined).failed();
    expect(course.take()).toEqual(['a', 'b']);
    course.commit();
    expect(course.take()).toEqual(['a', 'b']);
  });

  it('may be executed before what was sent before it', () => {
    for (const steps of [[commit], [commit, begin]]) {
      course.begin();
      const answer = course.send('late');
      course.state.startSteps(steps, undefined).succeeded();
      expect(course.writePath.openMarks).toBe(1);
      course.take();
      answer();
      expect(course.take()).toEqual(['late']);
      course.commit();
      expect(course.take()).toEqual(steps.includes(begin) ? ['late'] : []);
    }
  });

  it('leaves its caller in the transaction that it leaves open', () => {
    for (const [steps, isOpen] of [
      [[begin, write('a')], true],
      [[begin, write('a'), commit], false],
    ] as const) {
      course.state.startSteps(steps, undefined, course.handle()).succeeded();
      expect(course.scope.isOpen).toBe(isOpen);
      course.state.startSteps([commit], undefined).succeeded();
      expect(course.scope.isOpen).toBe(false);
    }
  });

  it('sweeps its database when its writes were judged by too little', () => {
    course.state.startSteps([write('a')], new Knowledge(everything)).succeeded();
    expect(course.take()).toEqual(['a', 'db']);
    course.state.startSteps([begin], new Knowledge(everything)).succeeded();
    expect(course.take()).toEqual([]);
  });

  it('leaves the connection as the same statements do one by one', () => {
    for (const [title, steps, rules] of texts) {
      for (const last of [commit, rollback, undo, release]) {
        const expected = { title, last, ...seenAfter(oneByOne, steps, last, rules) };
        expect({ title, last, ...seenAfter(asOne, steps, last, rules) }).toEqual(expected);
      }
    }
  });
});

describe('COMMIT AND CHAIN', () => {
  it('releases, and leaves its caller in the next transaction', () => {
    course.begin();
    course.write('one');
    course.state.startControl({ kind: 'commit', isChained: true }).succeeded();
    expect(course.take()).toEqual(['one']);
    expect(course.scope.isOpen).toBe(true);
    course.write('two');
    expect(course.take()).toEqual([]);
    course.state.startControl({ kind: 'rollback', isChained: true }).succeeded();
    course.write('three');
    course.commit();
    expect(course.take()).toEqual(['three']);
    expect(course.scope.isOpen).toBe(false);
  });
});

describe('autocommit that is off', () => {
  it('has another transaction follow each that ends', () => {
    course.state.startControl({ kind: 'autocommit-off' }, course.handle()).succeeded();
    for (const name of ['one', 'two']) {
      course.write(name);
      expect(course.take()).toEqual([]);
      course.commit();
      expect(course.take()).toEqual([name]);
      expect([course.state.mayBeInTransaction, course.scope.isOpen]).toEqual([true, true]);
    }
  });
});

describe('autocommit that was set to nobody knows what', () => {
  it('may leave a transaction open, which is committed when it is set to what it is known to be', () => {
    course.state.startControl({ kind: 'autocommit-unknown' }).succeeded();
    course.write('unsure');
    expect(course.take()).toEqual(['unsure']);
    course.state.startControl({ kind: 'autocommit-on' }).succeeded();
    expect(course.take()).toEqual(['unsure']);
    expect(course.state.mayBeInTransaction).toBe(false);
  });
});

describe('who listens to what comes of a COMMIT', () => {
  it('is asked also when that failed, and listens no longer', () => {
    for (const end of ['succeeded', 'failed'] as const) {
      let asked = 0;
      course.begin();
      course.state.startControl({ kind: 'commit' }, undefined, () => ++asked > 0)[end]();
      expect([end, asked]).toEqual([end, 1]);
    }
  });
});

describe('a connection that may have another transaction follow each that ends', () => {
  it.each<[string, readonly Control[], boolean]>([
    ['autocommit is set to nobody knows what', [{ kind: 'autocommit-unknown' }], true],
    ['it was told to', [{ kind: 'commits-chain' }], true],
    ['it was told not to any more', [{ kind: 'commits-chain' }, { kind: 'commits-end' }], false],
  ])('counts what it writes behind a COMMIT twice: %s', (_what, settings, isTwice) => {
    for (const control of settings) course.state.startControl(control).succeeded();
    course.begin();
    course.commit();
    course.write('next');
    expect(course.take()).toEqual(['next']);
    expect(course.committed()).toEqual(isTwice ? ['next'] : []);
  });
});

describe('a transaction that somebody ends by its name', () => {
  it('is over where it was open', () => {
    course.begin();
    course.state.startControl({ kind: 'end-prepared' }).succeeded();
    expect(course.state.mayBeInTransaction).toBe(false);
  });
});

describe('the turn of a connection', () => {
  it('tells a read that something was sent beside it which starts or ends a transaction', () => {
    const { turn } = course.state;
    course.write('a');
    expect(course.state.turn).toBe(turn);
    course.state.startControl({ kind: 'begin' });
    expect(course.state.turn).not.toBe(turn);
  });
});

describe('a mark', () => {
  it('has a witness who hears whether its statement surely ends a transaction', () => {
    const heard: boolean[] = [];
    course.state.witness = (endsTransaction) => void heard.push(endsTransaction);
    course.write('alone');
    course.begin();
    course.write('within');
    course.state.startControl({ kind: 'commit' }).failed();
    // Perhaps it has ended already.
    course.commit();
    course.begin();
    // Goes on when it has ended it.
    course.state.startImplicitCommit(row('definition'), false).succeeded();
    expect(heard).toEqual([false, true, false, false]);
  });
});

describe('a caller', () => {
  it('stands in a transaction whose COMMIT failed until it has ended', () => {
    course.begin();
    course.state.startControl({ kind: 'commit' }).failed();
    expect(course.scope.isOpen).toBe(true);
    course.commit();
    expect(course.scope.isOpen).toBe(false);
  });

  it('stands no longer in one that the BEGIN of another has ended', () => {
    course = new Course({ beginCommits: true });
    course.begin();
    const other = new TransactionScope();
    const handle = new TransactionHandle(other, course.writePath);
    course.state.startControl({ kind: 'begin' }, handle).succeeded();
    expect([course.scope.isOpen, other.isOpen]).toEqual([false, true]);
    course.commit();
    expect(other.isOpen).toBe(false);
  });

  it('stands in no savepoint that failed, or that is outside of transactions', () => {
    for (const end of ['failed', 'succeeded'] as const) {
      course.state.startControl({ kind: 'savepoint', savepoint: 'a' }, course.handle())[end]();
      expect([end, course.scope.isOpen]).toEqual([end, false]);
    }
  });

  it('who invalidates before the transaction is known to be open is heard with it', () => {
    const handle = course.handle();
    handle.collect(row('early'));
    const begin = course.state.startControl({ kind: 'begin' }, handle);
    begin.succeeded();
    expect(course.take()).toEqual([]);
    const commit = course.state.startControl({ kind: 'commit' });
    expect(course.writePath.openMarks).toBe(1);
    commit.succeeded();
    expect(course.take()).toEqual(['early']);
  });

  it.each<[string, Control, 'succeeded' | 'failed', Partial<TransactionRules>]>([
    ['BEGIN', { kind: 'begin' }, 'failed', {}],
    ['BEGIN, which would commit the one before,', { kind: 'begin' }, 'failed', { beginCommits: true }],
    ['autocommit off', { kind: 'autocommit-off' }, 'failed', {}],
    ['autocommit off or on', { kind: 'autocommit-unknown' }, 'failed', {}],
    ['autocommit on', { kind: 'autocommit-on' }, 'succeeded', {}],
    ['a savepoint', { kind: 'savepoint', savepoint: 'a' }, 'failed', {}],
    ['a savepoint', { kind: 'savepoint', savepoint: 'a' }, 'succeeded', {}],
  ])('who invalidates behind %s, %j, that %s is not left waiting for an end', (_what, control, end, rules) => {
    course = new Course(rules);
    if (rules.beginCommits === true) course.state.startControl({ kind: 'begin' }).succeeded();
    const handle = course.handle();
    handle.collect(row('early'));
    course.state.startControl(control, handle)[end]();
    expect([course.scope.isOpen, course.take()]).toEqual([false, ['early']]);
    course.commit();
    expect([course.state.mayBeInTransaction, course.writePath.openMarks]).toEqual([false, 0]);
  });

  it.each<[Control]>([[{ kind: 'savepoint', savepoint: 'a' }], [{ kind: 'autocommit-unknown' }]])(
    'who invalidates behind %j is heard with the transaction around it',
    (control) => {
      course.begin();
      const handle = new TransactionHandle(new TransactionScope(), course.writePath);
      handle.collect(row('early'));
      course.state.startControl(control, handle).succeeded();
      course.take();
      const commit = course.state.startControl({ kind: 'commit' });
      expect(course.writePath.openMarks).toBe(1);
      commit.succeeded();
      expect(course.take()).toEqual(['early']);
    },
  );

  it('who invalidates in a transaction that never started, or is over, is heard at once', () => {
    const handle = course.handle();
    handle.collect(row('early'));
    course.state.startControl({ kind: 'begin' }, handle).failed();
    expect(course.take()).toEqual(['early']);
    handle.collect(row('late'));
    expect(course.take()).toEqual(['late']);
    expect(course.scope.isOpen).toBe(false);
  });
});

describe('what somebody invalidates by hand', () => {
  it('is not put back after the transaction that saved it', () => {
    course.begin();
    course.state.saved.add([{ tags: [tagOf('by hand')], put() {} }]);
    course.state.collect(row('by hand'));
    expect(course.state.saved.isEmpty).toBe(true);
  });

  it('while the transaction ends is heard at once, because it may be too late for it', () => {
    course.begin();
    const commit = course.state.startControl({ kind: 'commit' });
    course.state.collect(row('by hand'));
    expect(course.take()).toEqual(['by hand']);
    commit.succeeded();
    expect(course.take()).toEqual([]);
  });
});

describe('a write, which may be asked afterwards what the connection wrote last,', () => {
  const start = () => course.state.startWrite(() => row('a'), undefined, false);

  it('is alone when nothing else is on its way', () => {
    const first = start();
    course.state.endWrite(first, row('a'));
    expect([first.isAlone, start().isAlone]).toEqual([true, true]);
  });

  it('is not alone beside another one', () => {
    expect([start(), start()].map(({ isAlone }) => isAlone)).toEqual([false, false]);
  });

  it.each([
    ['a text of several statements', () => course.state.startSteps([{ write: row('b') }], undefined)],
    ['what may do anything', () => course.state.startAnything(row('b'))],
  ])('is not alone beside %s, be it sent before or after that', (_what, send) => {
    const before = start();
    send();
    course.state.endWrite(before, row('a'));
    expect([before.isAlone, start().isAlone]).toEqual([false, false]);
  });
});

describe('a transaction that was judged by too little', () => {
  it('sweeps its database when it commits, unless the rest turned out to be nothing', () => {
    const confirmed = new Knowledge(everything);
    const refuted = new Knowledge(everything);
    for (const [knowledge, expected] of [
      [confirmed, ['a']],
      [refuted, ['a', 'db']],
      [new Knowledge(everything), ['a', 'db']],
    ] as const) {
      course.begin();
      course.state.endWrite(
        course.state.startWrite(() => row('a'), knowledge, false),
        row('a'),
      );
      confirmed.confirm();
      refuted.confirm();
      refuted.refute();
      course.commit();
      expect(course.take()).toEqual(expected);
    }
  });
});

describe('very many rows', () => {
  it('are not named one by one, so that a transaction of a million rows is no heap of tags', () => {
    course.begin();
    const tag = (id: number) => ({ touches: [tagOf('db', 't', ':', String(id))], sweeps: [] });
    for (let id = 0; id < 10_001; id++)
      course.state.endWrite(
        course.state.startWrite(() => tag(id), undefined, false),
        tag(id),
      );
    course.commit();
    expect(course.take()).toEqual([tagOf('db', 't', ':')]);
  });
});
