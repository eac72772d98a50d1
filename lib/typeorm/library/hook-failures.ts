import type { FailureReporter } from '../../events/failure-reporter.js';

const reporters = new Set<FailureReporter>();
const told = new Set<string>();

/**
 * Tells `reporter` of everything the hooks swallow, because a hook must not fail the call it hears; the result ends that.
 *
 * Hooks belong to the process, so every application in it is told.
 */
export function onHookFailure(reporter: FailureReporter): () => void {
  reporters.add(reporter);
  return () => void reporters.delete(reporter);
}

/** Tells all reporters; one that throws is not heard. */
export function reportHookFailure(during: string, error: unknown): void {
  for (const reporter of reporters) {
    try {
      reporter.report(during, error);
    } catch {
      // The call being heard must not learn of it.
    }
  }
}

/** The same for what would otherwise be told with every statement: once per `subject`. */
export function reportHookFailureOnce(subject: string, during: string, error: unknown): void {
  if (reporters.size === 0 || told.has(subject)) return;
  told.add(subject);
  reportHookFailure(during, error);
}
