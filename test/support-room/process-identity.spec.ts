import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identityOfProcess, isProcessGone } from '../../lib/support/process-identity.js';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('whether a process is gone', () => {
  const [machine, pid, beginning] = JSON.parse(identityOfProcess()!) as [string, number, string];

  it('is told of this one', () => {
    expect(isProcessGone(identityOfProcess()!)).toBe(false);
  });

  it('is told of one that has ended, and of one whose number belongs to another now', async () => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(child, 'exit');
    expect(isProcessGone(JSON.stringify([machine, child.pid, beginning]))).toBe(true);
    expect(isProcessGone(JSON.stringify([machine, pid, `${beginning}0`]))).toBe(true);
  });

  it('is not told of one on another machine, or in another namespace, which counts by itself', () => {
    expect(isProcessGone(JSON.stringify([`${machine}0`, pid, beginning]))).toBeUndefined();
  });
});
