import { parseArgs } from 'node:util';
import { bootstrapWritten, lookForBootstrap } from './bootstrap.ts';
import { serveCaller } from './caller.ts';
import { CALLER_ROLE, COLLECTOR_ROLE, HTTP1_ROLE, SAMPLE_ROLES, STAND_IN_ROLE } from './catalogue.ts';
import { serveHttp1 } from './http1.ts';
import { identityOf } from './identity.ts';
import { Protos } from './protos.ts';
import { serveCollector, serveSamples, serveStandIn, type Place, type RunningServer } from './server.ts';

/** `node services/main.ts <role> [--port n] [--also n ...] [--xds] [--tls] [--untapped]`: one Deployment's server. Environment: docs/services.md. */

const { GRPC_XDS_BOOTSTRAP: BOOTSTRAP_FILE } = process.env;
/** Looked for before anything else is done: a library that starts now would not find it later. */
const BOOTSTRAP = BOOTSTRAP_FILE === undefined ? undefined : lookForBootstrap(BOOTSTRAP_FILE);

const ROLES = [...Object.keys(SAMPLE_ROLES), STAND_IN_ROLE, COLLECTOR_ROLE, CALLER_ROLE, HTTP1_ROLE];
const DEFAULT_GRACE_MS = 10_000;

function log(event: string, fields: object): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
}

function fail(message: string): never {
  process.stderr.write(
    `${message}\nusage: main.ts <${ROLES.join('|')}> [--port n] [--also n ...] [--xds] [--tls] [--untapped]\n`,
  );
  process.exit(2);
}

/** @returns a whole number from 0 to `max` */
function wholeNumber(text: string, max: number, what: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > max || text.trim() === '') {
    fail(`${what} must be a whole number from 0 to ${max}, not "${text}"`);
  }
  return number;
}

function onOrOff(text: string, what: string): boolean {
  if (text !== 'on' && text !== 'off') fail(`${what} must be on or off, not "${text}"`);
  return text === 'on';
}

interface Flags {
  readonly port?: string;
  readonly also?: readonly string[];
  readonly xds: boolean;
  readonly tls: boolean;
  readonly untapped: boolean;
}

async function start(
  role: string,
  { port, also = [], xds, tls, untapped }: Flags,
  graceMs: number,
): Promise<RunningServer> {
  const { env } = process;
  if (role === COLLECTOR_ROLE) {
    return serveCollector(new Protos(), wholeNumber(port ?? '50052', 65_535, '--port'));
  }
  if (role === CALLER_ROLE) {
    return serveCaller(wholeNumber(port ?? '50053', 65_535, '--port'), BOOTSTRAP);
  }
  if (role === HTTP1_ROLE) return serveHttp1(wholeNumber(port ?? '50051', 65_535, '--port'));
  const place: Place = {
    port: wholeNumber(port ?? '50051', 65_535, '--port'),
    further: also.map((each) => wholeNumber(each, 65_535, '--also')),
    collectorAddress: env.COLLECTOR_ADDRESS,
    tapped: !untapped && onOrOff(env.FRAME_TAP ?? 'on', 'FRAME_TAP'),
  };
  if (role === STAND_IN_ROLE) return serveStandIn(identityOf(role, env), new Protos(), place);
  const sample = SAMPLE_ROLES[role];
  if (sample === undefined) return fail(`no role "${role}"`);
  const identity = identityOf(sample.deployment, env, xds ? BOOTSTRAP : undefined);
  if (tls) {
    // Certificates take a library that nobody else needs.
    const { tlsDoor } = await import('./tls.ts');
    const door = await tlsDoor(place.port);
    return serveSamples(sample.services, identity, new Protos(), { ...place, door });
  }
  if (!xds) return serveSamples(sample.services, identity, new Protos(), place);
  if (BOOTSTRAP_FILE === undefined) return fail('--xds needs GRPC_XDS_BOOTSTRAP: no agent is in this pod');
  await bootstrapWritten(BOOTSTRAP_FILE);
  // The library is large, and only this needs it.
  const { xdsDoor } = await import('./xds.ts');
  const door = xdsDoor(place.port, graceMs);
  return serveSamples(sample.services, identity, new Protos(), { ...place, door });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string' },
      also: { type: 'string', multiple: true },
      xds: { type: 'boolean', default: false },
      tls: { type: 'boolean', default: false },
      untapped: { type: 'boolean', default: false },
    },
  });
  const role = positionals[0] ?? '';
  const grace = wholeNumber(process.env.GRACE_MS ?? String(DEFAULT_GRACE_MS), 3_600_000, 'GRACE_MS');
  const server = await start(role, values, grace);
  const stop = async (signal: string): Promise<void> => {
    await server.drain(grace);
    log('stopped', { role, signal });
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
  log('started', { role, port: server.port, services: server.services });
}

main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
