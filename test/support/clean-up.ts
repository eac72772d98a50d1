type CleanUp = () => Promise<unknown>;

const afterThisTest: CleanUp[] = [];
const afterEverything: CleanUp[] = [];
let isInTest = false;

/** Does it after the test that runs now, or, outside of any, after everything. */
export function cleanUpLater(task: CleanUp): void {
  (isInTest ? afterThisTest : afterEverything).push(task);
}

/** What is to be cleaned up from now on belongs to a test. */
export function beginTest(): void {
  isInTest = true;
}

/** Cleans up what the test left behind. */
export async function cleanUpAfterTest(): Promise<void> {
  isInTest = false;
  await cleanUp(afterThisTest);
}

/** Cleans up what was not of any test. */
export function cleanUpAfterEverything(): Promise<void> {
  return cleanUp(afterEverything);
}

/** Newest first, so that a DataSource is destroyed before its database is dropped. */
async function cleanUp(pending: CleanUp[]): Promise<void> {
  for (let next = pending.pop(); next; next = pending.pop()) await next();
}
