import type { Failpoint, Fault } from '../domain/ports/failpoints.ts';

/**
 * Kills this process by SIGKILL when the fault's point is passed for the nth time: nothing is cleaned up, as in a crash.
 * Without a fault passing a point does nothing.
 */
export function createFailpoint(fault: Fault | null): Failpoint {
  let passed = 0;
  return (point) => {
    if (fault === null || point !== fault.point) return;
    passed += 1;
    if (passed === fault.nth) process.kill(process.pid, 'SIGKILL');
  };
}
