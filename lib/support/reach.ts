/** How far something is shared: one process, the processes of one machine, or all that reach one server. */
export type Reach = 'process' | 'machine' | 'network';

const WIDENING: readonly Reach[] = ['process', 'machine', 'network'];

/** Whether what reaches `reach` is shared at least as widely as `other`. */
export function reachesAsFarAs(reach: Reach, other: Reach): boolean {
  return WIDENING.indexOf(reach) >= WIDENING.indexOf(other);
}
