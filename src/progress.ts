/** Where long-running work says what it is doing. One implementation draws, one collects for a test. */
export interface Progress {
  /** Something began. Several may be under way at once. */
  begin(title: string): Activity;
  /** A remark that stays on the screen, for instance why a fallback was taken. */
  note(text: string): void;
}

/** One thing under way. Exactly one of `done` and `failed` ends it. */
export interface Activity {
  /** Replaces the short text behind the title. */
  detail(text: string): void;
  done(text?: string): void;
  failed(text: string): void;
}

/** How long one step of a bring-up took, for the report. */
export interface StepTiming {
  readonly title: string;
  readonly seconds: number;
  readonly ok: boolean;
}

/** Runs `work` as one activity: begun before it, ended after it, failed when it throws. */
export async function step<T>(
  progress: Progress,
  title: string,
  timings: StepTiming[],
  work: (activity: Activity) => Promise<T>,
): Promise<T> {
  const started = performance.now();
  const activity = progress.begin(title);
  const seconds = () => Math.round(performance.now() - started) / 1000;
  try {
    const value = await work(activity);
    timings.push({ title, seconds: seconds(), ok: true });
    activity.done();
    return value;
  } catch (error) {
    timings.push({ title, seconds: seconds(), ok: false });
    activity.failed(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    throw error;
  }
}
