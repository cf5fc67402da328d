import type { Report, ReportCase } from '../schema.ts';

/** Something that took notably longer or shorter. Never a regression: a loaded machine is slower at everything. */
export interface DurationChange {
  readonly what: 'case' | 'step';
  readonly name: string;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/**
 * A change of duration is worth a line when the longer one is at least `ratio` times the shorter one, and longer
 * by at least `floorMs`: below that it is scheduling. Timers under test are seconds long, and a case that gets one
 * more of them shows.
 */
const NOTABLE = {
  case: { ratio: 2, floorMs: 1_000 },
  step: { ratio: 1.5, floorMs: 5_000 },
} as const;

function isNotable({ what, beforeMs, afterMs }: DurationChange): boolean {
  const [shorter, longer] = beforeMs < afterMs ? [beforeMs, afterMs] : [afterMs, beforeMs];
  const { ratio, floorMs } = NOTABLE[what];
  return longer - shorter >= floorMs && longer >= ratio * shorter;
}

/**
 * The notable changes among cases of one outcome in both, and among the steps that both runs had; the greatest
 * difference first.
 */
export function notableDurations(
  before: Report,
  after: Report,
  pairs: readonly { readonly before: ReportCase | undefined; readonly after: ReportCase | undefined }[],
): DurationChange[] {
  const cases = pairs.flatMap((pair): DurationChange[] =>
    pair.before === undefined || pair.after === undefined
      ? []
      : [
          {
            what: 'case',
            name: pair.after.name,
            beforeMs: pair.before.durationMs,
            afterMs: pair.after.durationMs,
          },
        ],
  );
  const then = stepTimes(before);
  const steps = [...stepTimes(after)].flatMap(([name, afterMs]): DurationChange[] => {
    const beforeMs = then.get(name);
    return beforeMs === undefined ? [] : [{ what: 'step', name, beforeMs, afterMs }];
  });
  const difference = ({ beforeMs, afterMs }: DurationChange) => Math.abs(afterMs - beforeMs);
  return [...steps, ...cases].filter(isNotable).sort((a, b) => difference(b) - difference(a));
}

/** Milliseconds by title; a title that is there twice counts once, with all its time. */
function stepTimes({ steps }: Report): Map<string, number> {
  const times = new Map<string, number>();
  for (const { title, seconds, ok } of steps)
    if (ok) times.set(title, (times.get(title) ?? 0) + seconds * 1000);
  return times;
}
