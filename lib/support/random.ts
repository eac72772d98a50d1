/** A number from 0 up to but not including 1; handed in wherever chance decides, so that a test can decide instead. */
export const random: () => number = Math.random;
