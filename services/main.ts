import { parseArgs } from 'node:util';
import { COLLECTOR_ROLE, SAMPLE_ROLES, STAND_IN_ROLE } from './catalogue.ts';
import { identityOf } from './identity.ts';
import { Protos } from './protos.ts';
import { serveCollector, serveSamples, serveStandIn, type Place, type RunningServer } from './server.ts';

/** `node services/main.ts <role> [--port n]`: one Deployment's server. Environment: docs/services.md. */

const ROLES = [...Object.keys(SAMPLE_ROLES), STAND_IN_ROLE, COLLECTOR_ROLE];
const DEFAULT_GRACE_MS = 10_000;

function log(event: string, fields: object): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\nusage: main.ts <${ROLES.join('|')}> [--port n]\n`);
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

async function start(role: string, port: string | undefined): Promise<RunningServer> {
  const { env } = process;
  if (role === COLLECTOR_ROLE) {
    return serveCollector(new Protos(), wholeNumber(port ?? '50052', 65_535, '--port'));
  }
  const place: Place = {
    port: wholeNumber(port ?? '50051', 65_535, '--port'),
    collectorAddress: env.COLLECTOR_ADDRESS,
    tapped: onOrOff(env.FRAME_TAP ?? 'on', 'FRAME_TAP'),
  };
  if (role === STAND_IN_ROLE) return serveStandIn(identityOf(role, env), new Protos(), place);
  const sample = SAMPLE_ROLES[role];
  if (sample === undefined) return fail(`no role "${role}"`);
  return serveSamples(sample.services, identityOf(sample.deployment, env), new Protos(), place);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string' } },
  });
  const role = positionals[0] ?? '';
  const grace = wholeNumber(process.env.GRACE_MS ?? String(DEFAULT_GRACE_MS), 3_600_000, 'GRACE_MS');
  const server = await start(role, values.port);
  const stop = async (signal: string): Promise<void> => {
    await server.drain(grace);
    log('stopped', { role, signal });
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
  log('started', { role, port: server.port, services: server.services });
}

main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
