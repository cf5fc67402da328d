import { UsageError } from '../errors.ts';

/** The largest seed, 2^32 - 1. */
const MOST = 4_294_967_295;

/** @throws UsageError for what is no whole number from 0 to 4294967295 */
export function seedOf(text: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed <= MOST && text.trim() !== '') return seed;
  throw new UsageError(`--shuffle takes a seed, a whole number from 0 to ${MOST}, not "${text}"`, {
    hint: 'The same seed gives the same order: --shuffle 7.',
  });
}

/** The same things in an order that follows from the seed; as they are without one. */
export function shuffled<T>(things: readonly T[], seed: number | undefined): readonly T[] {
  if (seed === undefined) return things;
  const random = mulberry32(seed);
  return things
    .map((thing) => ({ thing, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ thing }) => thing);
}

/** A generator of numbers in [0, 1) with 32 bits of state (Tommy Ettinger, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
