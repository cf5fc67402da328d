import { median } from '../median.ts';

/** Several measurements of one thing, and how far they lie apart; all in the unit of the measurements. */
export interface Measured {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly values: readonly number[];
}

/** @param values at least one */
export function measured(values: readonly number[]): Measured {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: rounded(median(values)), min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN, values };
}

/** To a thousandth: milliseconds, where the unit is a second. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
