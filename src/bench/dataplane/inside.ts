import { readFile, writeFile } from 'node:fs/promises';
import { request as ask } from 'undici';
import { z } from 'zod';
import { execute } from '../../cli/execute.ts';
import { processOutput, type Output } from '../../cli/output.ts';
import { findMethod } from '../../clients/protos.ts';
import { openMeshSession } from '../../conformance/mesh-session.ts';
import type { Environment } from '../../environments/environment.ts';
import { readyPods } from '../../environments/mesh-view.ts';
import { selectorOf } from '../../environments/placement.ts';
import { EXIT, SetupError } from '../../errors.ts';
import { Cluster } from '../../kubernetes/cluster.ts';
import type { BenchRequest } from '../own-mesh.ts';
import { usageOf } from './processes.ts';
import { RATES, WAYS, type Sample, type Way } from './ways.ts';

/** What the bench hands to its half inside the mesh's network, where pods are reached at their addresses. */
export interface DataplaneRequest extends BenchRequest {
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

const CONTROL_PORT = 50053;
const loadSchema = z.object({
  firstRpcMs: z.number(),
  latenciesMs: z.array(z.number()),
  failed: z.int(),
});

/** A pod of a way: how the figures call it, where it is, and how its processes are known. */
interface Place {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
}

async function placesOf(way: Way, cluster: Cluster, { placement }: Environment): Promise<Place[]> {
  const place = async (name: string, namespace: string, selector: string): Promise<Place> => {
    const [pod] = await readyPods(cluster, namespace, selector);
    return { name, uid: pod.metadata?.uid ?? '', address: pod.status?.podIP ?? '' };
  };
  return Promise.all([
    place('client', placement.samples, `app=${way.from}`),
    place('server', placement.samples, `app=${way.to}`),
    ...(way.gateway ? [place('gateway', placement.gateway, selectorOf(placement.gatewayLabels))] : []),
  ]);
}

async function measure(
  way: (typeof WAYS)[number],
  rate: number,
  places: readonly Place[],
  { seconds, warmUpSeconds }: DataplaneRequest,
): Promise<Sample> {
  const pods = new Map(places.map(({ uid, name }) => [uid, name]));
  const method = findMethod('mypackage.OrderService/GetOrder');
  const before = await usageOf(pods);
  const { body, statusCode } = await ask(`http://${places[0]?.address ?? ''}:${CONTROL_PORT}/load`, {
    method: 'POST',
    body: JSON.stringify({
      target: way.target,
      path: method.path,
      authority: way.authority,
      requests: [method.requestSerialize({ order_id: '42' }).toString('base64')],
      calls: [],
      intervalMs: 0,
      deadlineMs: 10_000,
      rate,
      seconds,
      warmUpSeconds,
    }),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const text = await body.text();
  if (statusCode !== 200) throw new SetupError(`the caller answered HTTP ${statusCode}: ${text}`);
  const load = loadSchema.parse(JSON.parse(text));
  const after = await usageOf(pods);
  const thousands = (rate * (seconds + warmUpSeconds)) / 1_000;
  return {
    way: way.name,
    rate,
    ...load,
    processes: Object.fromEntries(
      [...after].map(([name, { cpuMs, residentMiB }]) => [
        name,
        { cpuMsPer1000: (cpuMs - (before.get(name)?.cpuMs ?? 0)) / thousands, residentMiB },
      ]),
    ),
  };
}

/** Every way at every rate, in turns. */
async function measureAll(request: DataplaneRequest, output: Output, signal: AbortSignal): Promise<Sample[]> {
  const { environment, results, rounds } = request;
  const session = await openMeshSession({
    environment,
    results,
    configurations: { dataplane: 'manifests/dataplane' },
    patches: [],
    tapped: false,
    signal,
  });
  await session.useConfiguration('dataplane', {});
  const cluster = new Cluster(environment.kubeconfig, environment.context);
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const rate of RATES) {
      // Whoever comes first finds other caches than whoever comes last.
      for (const way of [...WAYS.slice(round % WAYS.length), ...WAYS.slice(0, round % WAYS.length)]) {
        signal.throwIfAborted();
        output.progress.note(`round ${round + 1} of ${rounds}: ${way.name} at ${rate} RPCs a second`);
        samples.push(await measure(way, rate, await placesOf(way, cluster, environment), request));
      }
    }
  }
  return samples;
}

const output = processOutput();
await execute(output, async (controller) => {
  const request = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as DataplaneRequest;
  const samples = await measureAll(request, output, controller.signal);
  await writeFile(request.outcomeFile, JSON.stringify(samples));
  return EXIT.conformant;
});
