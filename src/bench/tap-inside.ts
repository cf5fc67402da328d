import { readFile, writeFile } from 'node:fs/promises';
import { processOutput, type Output } from '../cli/output.ts';
import { execute } from '../cli/execute.ts';
import type { Transport } from '../clients/target.ts';
import { openMeshSession } from '../conformance/mesh-session.ts';
import type { Session } from '../conformance/session.ts';
import { EXIT, SetupError } from '../errors.ts';
import type { BenchRequest } from './own-mesh.ts';
import type { Window } from './tap.ts';
import { drive, LOADS, rpcsOf, type Load } from './tap-load.ts';

const TRANSPORTS: readonly Transport[] = ['h2c', 'tls'];

/** How often each side is driven for one window. A tap keeps all frames of one turn, not of many. */
const TURNS = 4;

/** Drives every load in turns, and throws away a first round, in which everybody's code is still being compiled. */
async function measure(
  { environment, results, rounds }: BenchRequest,
  output: Output,
  signal: AbortSignal,
): Promise<Window[]> {
  const session = await openMeshSession({
    environment,
    results,
    configurations: { 'bench-tap': 'manifests/bench-tap' },
    patches: [],
    tapped: false,
    signal,
  });
  await session.useConfiguration('bench-tap', {});
  const windows: Window[] = [];
  for (let round = 0; round <= rounds; round++) {
    output.progress.note(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (const load of LOADS) {
      for (const transport of TRANSPORTS) {
        signal.throwIfAborted();
        const window = await both(session, load, transport);
        if (round > 0) windows.push(window);
      }
    }
  }
  return windows;
}

/** The sides take turns within a window, U T T U and so on, so that what the machine does otherwise meets both. */
async function both(session: Session, load: Load, transport: Transport): Promise<Window> {
  const perSecond = (ms: number) => ((load.rpcs * TURNS) / ms) * 1000;
  let untappedMs = 0;
  const tapped = { ms: 0, decodeMs: 0 };
  const sides = [
    async () => {
      untappedMs += await drive(load, transport, session.target, 'untapped');
    },
    async () => {
      const { ms, decodeMs } = await driveTapped(session, load, transport);
      tapped.ms += ms;
      tapped.decodeMs += decodeMs;
    },
  ];
  for (let turn = 0; turn < TURNS; turn++)
    for (const side of turn % 2 === 0 ? sides : sides.toReversed()) await side();
  return {
    load: load.name,
    transport,
    rpcsPerSecond: { untapped: perSecond(untappedMs), tapped: perSecond(tapped.ms) },
    decodeMicroseconds: (tapped.decodeMs * 1000) / (rpcsOf(load) * TURNS),
  };
}

/** @throws SetupError when the tap has not kept all there was: it would have cost less than it does */
async function driveTapped(
  session: Session,
  load: Load,
  transport: Transport,
): Promise<{ readonly ms: number; readonly decodeMs: number }> {
  await using tap = await session.tap();
  const ms = await drive(load, transport, tap.target, 'tapped');
  const started = performance.now();
  const connections = await tap.connections();
  const decodeMs = performance.now() - started;
  const streams = connections.flatMap((connection) => connection.streams);
  const omitted = [...connections, ...streams]
    .flatMap(({ events }) => events)
    .some(({ kind }) => kind === 'OMITTED');
  if (streams.length !== rpcsOf(load) || omitted)
    throw new SetupError(
      `of ${rpcsOf(load)} RPCs (${load.name}) the tap has seen ${streams.length}${omitted ? ', and not kept all of their frames' : ''}`,
    );
  return { ms, decodeMs };
}

const output = processOutput();
const [requestFile = ''] = process.argv.slice(2);
await execute(output, async (controller) => {
  const request = JSON.parse(await readFile(requestFile, 'utf8')) as BenchRequest;
  const windows = await measure(request, output, controller.signal);
  await writeFile(request.outcomeFile, JSON.stringify(windows));
  return EXIT.conformant;
});
