import type { Client } from '@grpc/grpc-js';
import type { LoadOutcome, LoadWanted } from './caller-contract.ts';
import { asTheyAre, openChannel } from './outgoing.ts';

/**
 * Makes unary RPCs at a fixed rate. An RPC that cannot be started in time, because this program is busy, is late by
 * its own latency: what was to be measured does not slow down what it is measured with.
 *
 * @param signal ends it early
 */
export async function makeLoad(wanted: LoadWanted, signal: AbortSignal): Promise<LoadOutcome> {
  const opened = performance.now();
  const client = await openChannel(wanted);
  try {
    if (!(await makeRpc(client, wanted))) return { firstRpcMs: -1, latenciesMs: [], failed: 1 };
    const firstRpcMs = performance.now() - opened;
    const total = Math.round(wanted.rate * (wanted.warmUpSeconds + wanted.seconds));
    const warmUp = Math.round(wanted.rate * wanted.warmUpSeconds);
    const latenciesMs: number[] = [];
    const under: Promise<void>[] = [];
    let failed = 0;
    const begun = performance.now();
    for (let index = 0; index < total && !signal.aborted; index++) {
      const due = begun + (index * 1_000) / wanted.rate;
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      under.push(
        makeRpc(client, wanted).then((good) => {
          if (index < warmUp) return;
          if (good) latenciesMs.push(performance.now() - due);
          else failed += 1;
        }),
      );
    }
    await Promise.all(under);
    return { firstRpcMs, latenciesMs, failed };
  } finally {
    client.close();
  }
}

/** @returns whether it ended with OK */
const makeRpc = (client: Client, wanted: LoadWanted): Promise<boolean> =>
  new Promise((resolve) => {
    const request = Buffer.from(wanted.requests[0] ?? '', 'base64');
    const deadline = { deadline: Date.now() + (wanted.deadlineMs || 5_000) };
    client.makeUnaryRequest(wanted.path, asTheyAre, asTheyAre, request, deadline, (error) => {
      resolve(error === null);
    });
  });
