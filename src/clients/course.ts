/** How far one RPC has come: -1 before its response headers, else the number of messages received. */
type Progress = number;

/**
 * Joins the RPCs of a case with what happens while they are under way: the RPCs say how far they are, and those
 * that are told to stay open wait for their release.
 */
export class Course {
  readonly #progress = new Map<string, Progress>();
  readonly #release: () => void;
  /** Settles when what happens meanwhile is over. */
  readonly released: Promise<void>;

  /** The course of RPCs that nobody follows, and that may end when they like. */
  static unfollowed(): Course {
    const course = new Course();
    course.release();
    return course;
  }

  constructor() {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.released = promise;
    this.#release = () => {
      resolve(undefined);
    };
  }

  release(): void {
    this.#release();
  }

  /** The response headers of an RPC are there. */
  headers(rpcId: string): void {
    this.#progress.set(rpcId, Math.max(0, this.#progress.get(rpcId) ?? -1));
  }

  message(rpcId: string): void {
    this.#progress.set(rpcId, Math.max(0, this.#progress.get(rpcId) ?? 0) + 1);
  }

  /** An RPC that is over will get no further: nobody may wait for it. */
  over(rpcId: string): void {
    this.#progress.set(rpcId, Infinity);
  }

  /** Those of the RPCs that have received fewer messages than `messages` and are not over; 0 asks for the headers. */
  behind(rpcIds: readonly string[], messages: number): readonly string[] {
    return rpcIds.filter((rpcId) => (this.#progress.get(rpcId) ?? -1) < messages);
  }
}
