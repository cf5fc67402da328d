import type { ReceivedMetadata } from '../clients/metadata.ts';
import type { MetadataExpectation, NumberMatch, TextMatch } from './expectation.ts';
import type { Mismatch, Witness } from './outcomes.ts';

/** Where a rule comes from when the case itself sets it. */
export const THE_CASE = 'the case';

/** Compares what one witness says with what is expected, and keeps every disagreement. */
export class Findings {
  readonly #witness: Witness;
  /** Put behind each `what`: which of several calls is meant. */
  readonly #which: string;
  readonly mismatches: Mismatch[] = [];

  constructor(witness: Witness, which = '') {
    this.#witness = witness;
    this.#which = which;
  }

  add(what: string, expected: string, got: string, source: string): void {
    this.mismatches.push({ witness: this.#witness, what: what + this.#which, expected, got, source });
  }

  /** Compares when something is expected: any two values that print differently differ. */
  equal<T extends string | number | boolean>(
    what: string,
    expected: T | undefined,
    got: T | undefined,
    source: string,
  ): void {
    if (expected !== undefined && expected !== got) this.add(what, show(expected), show(got), source);
  }

  /** Compares when something is expected. A null expectation means: nothing may be there. */
  text(
    what: string,
    expected: TextMatch | null | undefined,
    got: string | null | undefined,
    source: string,
  ): void {
    if (expected === undefined) return;
    if (expected === null) {
      if (got !== null && got !== undefined) this.add(what, 'nothing', show(got), source);
    } else if (got === null || got === undefined || !textMatches(expected, got)) {
      this.add(what, show(expected), show(got), source);
    }
  }

  number(
    what: string,
    expected: NumberMatch | null | undefined,
    got: number | null | undefined,
    source: string,
  ): void {
    if (expected === undefined) return;
    if (expected === null) {
      if (got !== null && got !== undefined) this.add(what, 'nothing', show(got), source);
    } else if (got === null || got === undefined || !numberMatches(expected, got)) {
      this.add(what, show(expected), show(got), source);
    }
  }

  /** Each key of its own. Values joined by commas and repeated keys mean the same (RFC 9110, section 5.3). */
  metadata(
    what: string,
    expected: MetadataExpectation | undefined,
    got: ReceivedMetadata,
    source: string,
  ): void {
    for (const [key, wanted] of Object.entries(expected ?? {})) {
      const values = got[key];
      const about = `${what} ${key}`;
      if (wanted === null) {
        if (values !== undefined) this.add(about, 'nothing', show(values.join(', ')), source);
        continue;
      }
      const list = Array.isArray(wanted) ? (wanted as readonly TextMatch[]) : [wanted as TextMatch];
      const apart = list.length === 1 ? [values?.join(', ')] : values?.flatMap((value) => value.split(/, ?/));
      if (apart?.length !== list.length || !list.every((each, i) => textMatches(each, apart[i]))) {
        this.add(about, list.map(show).join(', '), show(values?.join(', ')), source);
      }
    }
  }
}

/** Whether the numbers are `first, first + 1, first + 2` and so on. */
export const ascendByOne = (numbers: readonly number[]): boolean =>
  numbers.every((number, i) => i === 0 || number === (numbers[i - 1] ?? 0) + 1);

function textMatches(expected: TextMatch, got: string | undefined): boolean {
  if (got === undefined) return false;
  return typeof expected === 'string' ? expected === got : expected.test(got);
}

function numberMatches(expected: NumberMatch, got: number): boolean {
  if (typeof expected === 'number') return expected === got;
  return got >= (expected.min ?? -Infinity) && got <= (expected.max ?? Infinity);
}

function show(value: TextMatch | NumberMatch | boolean | null | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (value instanceof RegExp) return `something like ${value}`;
  if (typeof value !== 'object') return value === '' ? '(empty)' : value.toString();
  const { min, max } = value;
  if (min === undefined) return `at most ${max ?? Infinity}`;
  return max === undefined ? `at least ${min}` : `${min} to ${max}`;
}
