import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names this process so that others on this machine can tell whether it is still there: the machine since it was started,
 * the namespace its id counts in, the id, and when it began, because ids are given again.
 *
 * Undefined where there is no `/proc`, and nobody could tell.
 */
export function identityOfProcess(): string | undefined {
  const machine = machineIdentity();
  const beginning = beginningOf(process.pid);
  if (machine === undefined || typeof beginning !== 'string') return undefined;
  return JSON.stringify([machine, process.pid, beginning]);
}

/** Whether the process of that name is there no longer; undefined if it is one of another machine or namespace. */
export function isProcessGone(identity: string): boolean | undefined {
  const [machine, pid, beginning] = JSON.parse(identity) as unknown[];
  if (machine !== machineIdentity()) return undefined;
  const now = beginningOf(Number(pid));
  return now === undefined ? undefined : now !== beginning;
}

function machineIdentity(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

/** When a process began, in ticks; null when there is none that could still do anything; undefined: not to be told. */
function beginningOf(pid: number): string | null | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : undefined;
  }
  // The second field is the program's name in parentheses, which may hold anything, spaces and parentheses too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : fields[19];
}
