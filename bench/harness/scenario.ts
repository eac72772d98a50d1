/** What one measurement says, and what it was meant to say. */
export interface Finding {
  readonly case: string;
  /** For a person: the measured value, its spread, and in which unit. */
  readonly measured: string;
  /** For a person: the target. */
  readonly target: string;
  readonly isMet: boolean;
}

/** One situation people meet, measured in a process of its own. */
export type Scenario = () => Promise<readonly Finding[]>;

/** Hands the findings of this process to whoever started it. */
export async function report(scenario: Scenario): Promise<void> {
  const findings = await scenario();
  if (process.send === undefined) for (const finding of findings) console.log(finding);
  else process.send({ findings });
}

/** A ratio and its quartiles as people read them. */
export function times(ratio: { median: number; low: number; high: number }, digits = 2): string {
  return `${ratio.median.toFixed(digits)} x [${ratio.low.toFixed(digits)}, ${ratio.high.toFixed(digits)}]`;
}
