import type { StatusName } from '../../clients/grpc-status.ts';
import type { Case } from '../../conformance/model.ts';
import type { ExpectedRoute } from '../config.ts';
import type { HttpEntry } from '../entries.ts';
import {
  type Derivation,
  common,
  concerning,
  entryOf,
  expectedService,
  nameOf,
  rpcOf,
  transportsOf,
} from './derivation.ts';
import { neverRetried, otherAuthority, retriedAfterAll } from './sabotages.ts';

/** The gRPC statuses that Envoy has a name for in `retryOn` (envoy: x-envoy-retry-grpc-on). */
const RETRIED: Readonly<Record<string, StatusName>> = {
  cancelled: 'CANCELLED',
  'deadline-exceeded': 'DEADLINE_EXCEEDED',
  internal: 'INTERNAL',
  'resource-exhausted': 'RESOURCE_EXHAUSTED',
  unavailable: 'UNAVAILABLE',
};
/** Istio's own policy for routes that say nothing: 2 retries, UNAVAILABLE among what is retried (Istio: HTTPRetry). */
const DEFAULT_RETRIES = 2;
/** More of them are not tried one by one: Envoy waits up to 250 ms between two. */
const MOST_TRIED = 20;
const MESSAGE = 'as the script says';

/** How often an RPC that fails with a status must reach its server. */
interface Tries {
  readonly status: StatusName;
  readonly tries: number;
  readonly because: string;
}

/** The exact number of tries of an RPC that fails before its response headers, for each status that is retried. */
export function retryCases(derivation: Derivation): Case[] {
  const seen = new Set<HttpEntry | ExpectedRoute>();
  return derivation.probes.flatMap((probe): Case[] => {
    const { expected, host } = probe;
    if (!probe.scripted || expected.backend === null) return [];
    const entry = entryOf(derivation, probe);
    // Kinds and hosts of one entry share its policy.
    const subject = expected.retries === undefined && entry !== undefined ? entry : expected;
    if (seen.has(subject)) return [];
    seen.add(subject);
    const [transport] = transportsOf(derivation, host);
    return wantedTries(expected, entry).map(({ status, tries, because }): Case => {
      const caught = `attempts: expected ${tries}, got`;
      return {
        ...common,
        name: nameOf(derivation, 'retries', host, probe.slug, status.toLowerCase().replaceAll('_', '-')),
        row: 'S6',
        title: `${status} from ${probe.method} at ${host} is tried ${tries === 1 ? 'once' : `${tries} times`}: ${because}.`,
        concerns: concerning(entry, host),
        invocation: {
          ...rpcOf(probe, transport),
          deadlineMs: 15_000,
          script: { steps: [{ awaitHalfClose: true }, { status, message: MESSAGE }] },
        },
        expectation: {
          rpc: { status, details: MESSAGE },
          ledger: { attempts: tries, ...expectedService(derivation, probe) },
          gateway: { attempts: tries },
        },
        sabotages: [
          entry === undefined
            ? otherAuthority(host, caught)
            : tries === 1
              ? retriedAfterAll(entry, `${caught} 4`)
              : neverRetried(entry, `${caught} 1`),
        ],
      };
    });
  });
}

function wantedTries({ retries }: ExpectedRoute, entry: HttpEntry | undefined): Tries[] {
  const once = (because: string): Tries[] => [{ status: 'UNAVAILABLE', tries: 1, because }];
  if (retries === 'none') return once('no retries are expected');
  if (retries !== undefined) {
    const because = `${retries.attempts} retries are expected`;
    return retries.on.flatMap((name) => triesOn(name, retries.attempts, because));
  }
  if (entry === undefined) return [];
  const written = entry.retries;
  if (written === undefined)
    return triesOn('unavailable', DEFAULT_RETRIES, "Istio's own policy, as none is written");
  const { attempts = DEFAULT_RETRIES, retryOn } = written;
  if (attempts === 0) return once('attempts: 0');
  // Without a retryOn it is that of Istio's own policy.
  const names = retryOn === undefined ? ['unavailable'] : retryOn.split(',').map((name) => name.trim());
  return names.flatMap((name) =>
    triesOn(name, attempts, `attempts: ${attempts}, which come on top of the first`),
  );
}

function triesOn(name: string, attempts: number, because: string): Tries[] {
  const status = RETRIED[name];
  return status === undefined || attempts > MOST_TRIED ? [] : [{ status, tries: attempts + 1, because }];
}
