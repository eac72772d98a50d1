import { readFileSync } from 'node:fs';

/** Whether a process of this machine has that id. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Of another user it says that it may not be told.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Whether a process of this machine is stopped, by a signal or a debugger, as far as the system tells. */
export function isStopped(pid: number): boolean {
  try {
    // Behind its name, which may be anything.
    return /\) [Tt] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
