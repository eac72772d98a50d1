import type { DataSource, EntityMetadata } from 'typeorm';
import { hasOtherCopies } from '../../engine/other-copies.js';
import { addWishes } from '../databases/column-wishes.js';
import type { EntityReader } from './entity-reader.js';
import type { EntityReads } from './entity-reads.js';

/*
 * Which application answers a read
 * ================================
 *
 * A DataSource belongs to the application that has it as a provider. If several have, a read belongs to the one whose
 * cached call is running around it, else to the one that started first. A DataSource of nobody, as somebody makes by
 * hand, belongs to the only application of the process; where there are several its reads go to the database, because
 * whose they are cannot be told.
 *
 * Any of these answers would be right, since all applications hear all writes. What must not happen is that the answers
 * of one application are kept under the limits of another.
 */

/** The applications that are running, in the order in which they started. */
const open: EntityReads[] = [];

/** Lets an application answer reads from now on; the result ends that, and may be called twice. */
export function openReads(reads: EntityReads): () => void {
  open.push(reads);
  const removeWishes = addWishes(reads.wishes);
  return () => {
    removeWishes();
    const index = open.indexOf(reads);
    if (index >= 0) open.splice(index, 1);
  };
}

/** The application that answers reads of cached repositories, or undefined if none does. */
export function readsOf(dataSource: DataSource): EntityReads | undefined {
  return isOnlyOne() ? open[0] : oneOf(open.filter((reads) => reads.serves(dataSource)));
}

/** Who answers an ordinary read, of the applications that cache those of the entity. */
export function automaticReaderOf(dataSource: DataSource, metadata: EntityMetadata): EntityReader | undefined {
  if (isOnlyOne()) return open[0].automaticReader(dataSource, metadata);
  const answering = open.filter(
    (reads) => reads.serves(dataSource) && reads.automaticReader(dataSource, metadata) !== undefined,
  );
  return oneOf(answering)?.automaticReader(dataSource, metadata);
}

/** Whether an ordinary read of anything can be answered by anybody. */
export function isAnythingAutomatic(): boolean {
  for (const reads of open) if (reads.isAutomatic) return true;
  return false;
}

/** Whether anybody wants saved rows of anything. */
export function isAnythingKeptOnSave(): boolean {
  for (const reads of open) if (reads.isKeepingSaved) return true;
  return false;
}

/** Who is to have saved rows of the entity: every application that answers reads of it. */
export function savingReadersOf(dataSource: DataSource, metadata: EntityMetadata): EntityReader[] {
  const serving = isOnlyOne() ? open : open.filter((reads) => reads.serves(dataSource));
  return serving.map((reads) => reads.savingReader(dataSource, metadata)).filter((reader) => reader !== undefined);
}

/** Whether the process has one application, also when asked of all copies of this library. */
function isOnlyOne(): boolean {
  return open.length === 1 && !hasOtherCopies();
}

function oneOf(candidates: readonly EntityReads[]): EntityReads | undefined {
  return candidates.find(({ engine }) => engine.startAround !== undefined) ?? candidates[0];
}
