import { randomUUID } from 'node:crypto';
import type { Target } from '../clients/target.ts';
import type { Call, Channel, Running } from './call.ts';
import type { ConnectionSeen, Ending, StreamSeen } from './fate.ts';
import { GrpcChannel } from './grpc-channel.ts';
import { LatencyRecorder, type Latency } from './latency.ts';
import {
  LANES,
  SLOW_EVERY,
  SLOW_SCRIPT,
  STREAMS,
  STREAM_EVERY_MS,
  UNARY_DEADLINE_MS,
  UNARY_METHOD,
  type Lane,
  type TrafficVolume,
} from './plan.ts';
import { intendedTimes, openLoop, seeded } from './schedule.ts';
import { Http2Watch } from './watch.ts';
import { WebChannel } from './web-channel.ts';

/** One RPC of the traffic as its client, and its client's HTTP/2, saw it. Times are milliseconds since 1970. */
export interface Sent {
  readonly rpcId: string;
  readonly lane: string;
  readonly kind: Call['kind'];
  /** How many streams stood in its place before, each broken off. */
  readonly successor: number;
  readonly intendedAtMs: number;
  readonly startedAtMs: number;
  readonly ending?: Ending;
  readonly streams: readonly StreamSeen[];
}

/** All that the clients know when the traffic is over. */
export interface ClientSide {
  /** Name under which the ledger has the RPCs. */
  readonly caseName: string;
  readonly startedAtMs: number;
  readonly stoppedAtMs: number;
  /** Unary RPCs that were due by then. */
  readonly due: number;
  readonly sent: readonly Sent[];
  readonly connections: readonly ConnectionSeen[];
  readonly latency: Latency;
}

type Open = { -readonly [K in keyof Sent]: Sent[K] } & { running?: Running };

const wallClock = (monotonic: number): number => performance.timeOrigin + monotonic;
const wallNow = (): number => wallClock(performance.now());

/** Milliseconds after which a stream that was broken off is opened anew. */
const REOPEN_MS = 100;
/** Longer than any unary RPC may take: what is open then is unanswered. */
const LAST_ANSWER_MS = UNARY_DEADLINE_MS + 2_000;

/**
 * Open-loop unary RPCs at a fixed rate and long streams, by several clients at once, until it is stopped. No client
 * retries; a stream that is broken off is followed by another.
 */
export class Traffic {
  readonly #target: Target;
  readonly #volume: TrafficVolume;
  readonly #caseName = `traffic/${randomUUID().slice(0, 8)}`;
  readonly #watch: Http2Watch;
  readonly #latency = new LatencyRecorder();
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #sent: Open[] = [];
  readonly #under = new Set<Promise<unknown>>();
  readonly #ours = new Set<string>();
  readonly #startedAtMs = wallNow();
  readonly #stopLoop: () => number;
  #stopping = false;

  private constructor(target: Target, volume: TrafficVolume, lanes: readonly Lane[]) {
    this.#target = target;
    this.#volume = volume;
    this.#watch = new Http2Watch((rpcId) => this.#ours.has(rpcId));
    const kept = lanes.filter((lane) => lane.fresh !== true);
    this.#channels = new Map(kept.map((lane) => [lane.name, this.#open(lane)]));
    this.#openStreams(lanes);
    this.#stopLoop = this.#sendUnary(lanes);
  }

  /** @param lanes default all */
  static start(target: Target, volume: TrafficVolume, lanes: readonly Lane[] = LANES): Traffic {
    return new Traffic(target, volume, lanes);
  }

  /** How many RPCs have not been told their end yet. */
  get open(): number {
    return this.#under.size;
  }

  /** RPCs so far whose clients were told something else than OK. */
  get failed(): number {
    return this.#sent.filter(({ ending }) => ending !== undefined && ending.status !== 'OK').length;
  }

  get count(): number {
    return this.#sent.length;
  }

  /** Sends no more, lets unary RPCs end, and ends the streams as their clients would. */
  async stop(): Promise<ClientSide> {
    const stoppedAtMs = wallNow();
    const due = this.#stopLoop();
    this.#stopping = true;
    for (const { kind, running } of this.#sent) if (kind !== 'unary') running?.end();
    await Promise.race([Promise.all(this.#under), passed(LAST_ANSWER_MS)]);
    const latency = this.#latency.finish();
    const sent = this.#sent.map(({ running: _running, ...facts }) => ({
      ...facts,
      streams: this.#watch.streamsOf(facts.rpcId),
    }));
    const connections = this.#watch.connections().map((each) => ({ ...each }));
    for (const { running, ending } of this.#sent) if (ending === undefined) running?.cancel();
    for (const channel of this.#channels.values()) channel.close();
    this.#watch[Symbol.dispose]();
    return {
      caseName: this.#caseName,
      startedAtMs: this.#startedAtMs,
      stoppedAtMs,
      due,
      sent,
      connections,
      latency,
    };
  }

  #open({ client, transport }: Lane): Channel {
    return client === 'grpc-js'
      ? new GrpcChannel(this.#target, transport, this.#caseName)
      : new WebChannel(this.#target, transport);
  }

  #sendUnary(lanes: readonly Lane[]): () => number {
    const wheel = lanes.flatMap((lane) => Array.from({ length: lane.weight }, () => lane));
    const random = seeded(this.#volume.seed + 1);
    const { rate, seed } = this.#volume;
    let n = 0;
    if (wheel.length === 0) return () => 0;
    return openLoop(intendedTimes(rate, seed), (intendedAtMs, startedAtMs) => {
      const lane = wheel[Math.floor(random() * wheel.length)];
      if (lane === undefined) return;
      this.#latency.started(intendedAtMs, startedAtMs);
      const isSlow = ++n % SLOW_EVERY === 0;
      this.#send(lane, 'unary', wallClock(intendedAtMs), 0, {
        method: UNARY_METHOD,
        deadlineMs: UNARY_DEADLINE_MS,
        ...(isSlow && { script: SLOW_SCRIPT }),
      });
    });
  }

  #openStreams(lanes: readonly Lane[]): void {
    const places = lanes.flatMap((lane) => lane.streams.map((kind) => ({ lane, kind })));
    for (let n = 0; n < this.#volume.streams && places.length > 0; n++) {
      const place = places[n % places.length];
      if (place !== undefined) this.#openStream(place.lane, place.kind, 0);
    }
  }

  #openStream(lane: Lane, kind: Exclude<Call['kind'], 'unary'>, successor: number): void {
    const sent = this.#send(lane, kind, wallNow(), successor, { ...STREAMS[kind], everyMs: STREAM_EVERY_MS });
    void sent.running?.over.then(() => {
      if (!this.#stopping)
        setTimeout(() => {
          if (!this.#stopping) this.#openStream(lane, kind, successor + 1);
        }, REOPEN_MS);
    });
  }

  #send(
    lane: Lane,
    kind: Call['kind'],
    intendedAtMs: number,
    successor: number,
    what: Omit<Call, 'ids' | 'kind'>,
  ): Open {
    const rpcId = randomUUID();
    this.#ours.add(rpcId);
    const channel = this.#channels.get(lane.name) ?? this.#open(lane);
    const sent: Open = {
      rpcId,
      lane: lane.name,
      kind,
      successor,
      intendedAtMs,
      startedAtMs: wallNow(),
      streams: [],
    };
    this.#sent.push(sent);
    const running = channel.start({ ...what, kind, ids: { caseName: this.#caseName, rpcId } });
    sent.running = running;
    const over = running.over.then((end) => {
      sent.ending = end;
      this.#under.delete(over);
      if (lane.fresh === true) channel.close();
      // Those that the server takes its time for say nothing about the way there.
      if (kind !== 'unary' || what.script !== undefined || end.status !== 'OK') return;
      const zero = performance.timeOrigin;
      this.#latency.answered(intendedAtMs - zero, sent.startedAtMs - zero, end.atMs - zero);
    });
    this.#under.add(over);
    return sent;
  }
}

/** A bound on the last answers; a timer that keeps no process alive. */
const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
