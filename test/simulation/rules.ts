import type { Mutation } from './library.js';

/** Each rule of the protocol, the place where it stands, and what the place says without it. */
export const RULES: readonly (readonly [rule: string, mutation: Mutation])[] = [
  [
    'the token is taken before the load asks the database anything',
    {
      file: 'engine/load-path.ts',
      text: 'landing = this.fill(request, capture, value);',
      without: '(capture as { token: number }).token = log.position; landing = this.fill(request, capture, value);',
    },
  ],
  [
    'what a commit is about to change is pending from before the commit',
    {
      file: 'engine/validity.ts',
      text: '? this.table.mark(transactionId, invalidation as Invalidation)',
      without: '? 0',
    },
  ],
  [
    'validity is judged when reading',
    {
      file: 'engine/validity.ts',
      text: 'if (entry.judgedAt === this.revision) return true;',
      without: 'return true;',
    },
  ],
  [
    'what is written to anything that is held makes all entries be judged anew that may hold it',
    {
      file: 'engine/tag-table.ts',
      text: 'touches.filter((node) => this.holds[node] > this.nodesBelow[node])',
      without: '[]',
    },
  ],
  [
    'and what sweeps the node above it all that there are',
    { file: 'engine/tag-table.ts', text: 'if (sweeps.length > 0) return ALL_BITS;', without: '' },
  ],
  [
    'who may hold what was written is judged by its nodes',
    { file: 'engine/validity.ts', text: '(entry.bits & this.heard) !== NO_BITS', without: 'false' },
  ],
  [
    'of what was written since an entry was judged nothing is forgotten',
    { file: 'engine/validity.ts', text: 'this.heard |= heard;', without: 'this.heard = heard;' },
  ],
  [
    'who was judged before anything that is remembered is judged by its nodes',
    { file: 'engine/validity.ts', text: 'entry.judgedAt < this.heardSince || ', without: '' },
  ],
  [
    'a result that was joined is validated for the one who joined',
    {
      file: 'engine/load-path.ts',
      text: 'if (early !== undefined && this.parts.validity.isValid(early.entry)) {',
      without: 'if (early !== undefined) {',
    },
  ],
  [
    'an answer made from a cached answer depends on all that one depends on',
    { file: 'engine/answers.ts', text: 'if (frame?.load !== undefined) this.hand(entry, frame.load);', without: '' },
  ],
  [
    'an answer made from a joined answer depends on all that one depends on',
    { file: 'engine/load-path.ts', text: 'frame?.load?.dependOnAll(early.tags);', without: '' },
  ],
  [
    'a load that ran inside another hands on what it depends on',
    { file: 'engine/load-capture.ts', text: 'outer.dependOnAll(this.tags);', without: '' },
  ],
  [
    'a tag that is held only now was touched when its record says so',
    {
      file: 'engine/tag-table.ts',
      text: 'this.touchedAt[node] = Math.max(this.touchedAt[node], this.remembered.touchedAt(tag));',
      without: '',
    },
  ],
  [
    'a tag that is held only now was swept when its record says so',
    { file: 'engine/tag-table.ts', text: 'this.sweptAt[node] = swept;', without: '' },
  ],
  [
    'who asks for sweeps asks for those too that happened while nobody held their tags',
    { file: 'engine/tag-table.ts', text: 'this.anySweptAt = Math.max(this.anySweptAt, swept);', without: '' },
  ],
  [
    'a tag that is held only now is pending if an open mark touches it',
    {
      file: 'engine/tag-table.ts',
      text: 'else if (mark.touchesTag(tag)) this.suspendTouch(mark, node);',
      without: '',
    },
  ],
  [
    'a tag that is held only now is pending if an open mark sweeps it',
    {
      file: 'engine/tag-table.ts',
      text: 'if (mark.sweepsTag(tag)) this.suspendSweep(mark, node);',
      without: 'if (node < 0) this.suspendSweep(mark, node);',
    },
  ],
  [
    'forgetting a record raises the floor',
    { file: 'engine/tag-table.ts', text: 'if (position > this.floor) this.floor = position;', without: '' },
  ],
  [
    'a sweep covers everything below',
    { file: 'engine/tag-table.ts', text: 'if (sweptAt[up] > token) return true;', without: 'void 0;' },
  ],
  [
    'who is younger than every sweep that happened must still ask for those that are pending',
    { file: 'engine/tag-table.ts', text: 'this.anySweptAt = PENDING;', without: '' },
  ],
  [
    'the last sweep is known to all',
    {
      file: 'engine/tag-table.ts',
      text: 'if (mark.sweeps.length > 0 && --this.sweepingMarks === 0) this.anySweptAt = position;',
      without: 'if (mark.sweeps.length > 0 && --this.sweepingMarks === 0) this.anySweptAt = 0;',
    },
  ],
  [
    'of several marks that sweep, the last one ends the wait',
    { file: 'engine/tag-table.ts', text: '--this.sweepingMarks === 0', without: '--this.sweepingMarks >= 0' },
  ],
  [
    'two marks on one node need two releases',
    { file: 'engine/suspendable.ts', text: '--known.marks > 0', without: '--known.marks > 9' },
  ],
  [
    'a load that asks for its own key, or for one that waits for it, does not join',
    { file: 'engine/single-flight.ts', text: 'if (own.has(next)) return true;', without: '' },
  ],
  [
    'an entry that has left the storage, or never came in, is not found valid again',
    { file: 'engine/validity.ts', text: 'entry.nodes = undefined;', without: '' },
  ],
];
