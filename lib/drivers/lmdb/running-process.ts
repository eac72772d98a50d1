/** Whether a process of this machine has that id. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Of another user it says that it may not be told.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
