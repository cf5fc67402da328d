import type { MetadataToSend } from '../../clients/metadata.ts';
import type { Case } from '../../conformance/model.ts';
import type { HeaderChanges, HttpEntry } from '../entries.ts';
import { type Probe } from '../probes.ts';
import {
  type Derivation,
  common,
  concerning,
  entryOf,
  nameOf,
  rpcOf,
  sharesOf,
  transportsOf,
} from './derivation.ts';
import { allToTheFirst, headersKept } from './sabotages.ts';

const SENT = 'as it was sent';
const SAMPLES = 1_000;
const SIGMAS = 6;

/** What entries do to RPCs beside routing them: headers changed on either way, and a share for each of several backends. */
export function changeCases(derivation: Derivation): Case[] {
  const seen = new Set<HttpEntry>();
  return derivation.probes.flatMap((probe): Case[] => {
    const entry = entryOf(derivation, probe);
    if (!probe.scripted || probe.expected.backend === null || entry === undefined || seen.has(entry))
      return [];
    seen.add(entry);
    return [...headerCases(derivation, probe, entry), ...weightCases(derivation, probe, entry)];
  });
}

function headerCases(derivation: Derivation, probe: Probe, entry: HttpEntry): Case[] {
  const { request, response } = entry.headers ?? {};
  const { host, method, slug } = probe;
  const [transport] = transportsOf(derivation, host);
  const about = { ...common, row: 'S4', concerns: concerning(entry, host) } as const;
  const rpc = rpcOf(probe, transport);
  return [
    ...(request === undefined || isEmpty(request)
      ? []
      : [
          {
            ...about,
            name: nameOf(derivation, 'headers', host, slug, 'request'),
            title: `The server of ${method} at ${host} gets the request headers that its route changes.`,
            invocation: { ...rpc, metadata: { ...rpc.metadata, ...before(request) } },
            expectation: { rpc: { status: 'OK' }, ledger: { attempts: 1, metadata: after(request) } },
            sabotages: [headersKept(entry, 'request', `request metadata: ${firstOf(request)}: expected`)],
          } satisfies Case,
        ]),
    ...(response === undefined || isEmpty(response)
      ? []
      : [
          {
            ...about,
            name: nameOf(derivation, 'headers', host, slug, 'response'),
            title: `The client of ${method} at ${host} gets the response headers that its route changes.`,
            invocation: {
              ...rpc,
              script: {
                steps: [
                  { awaitHalfClose: true },
                  { headers: before(response) },
                  { messages: {} },
                  { status: 'OK' },
                ],
              },
            },
            expectation: {
              rpc: { status: 'OK', initialMetadata: after(response) },
              ledger: { attempts: 1 },
            },
            sabotages: [headersKept(entry, 'response', `initial metadata ${firstOf(response)}: expected`)],
          } satisfies Case,
        ]),
  ];
}

const isEmpty = ({ set, add, remove }: HeaderChanges): boolean =>
  Object.keys(set).length + Object.keys(add).length + remove.length === 0;

/** What is there before the route changes it. */
const before = ({ set, remove }: HeaderChanges): MetadataToSend =>
  Object.fromEntries([...Object.keys(set), ...remove].map((name) => [name.toLowerCase(), SENT]));

const after = ({ set, add, remove }: HeaderChanges): Readonly<Record<string, string | null>> =>
  Object.fromEntries([
    ...[...Object.entries(set), ...Object.entries(add)].map(([name, value]) => [name.toLowerCase(), value]),
    ...remove.map((name) => [name.toLowerCase(), null]),
  ]) as Readonly<Record<string, string | null>>;

const firstOf = (changes: HeaderChanges): string => Object.keys(after(changes))[0] ?? '';

/**
 * Each RPC is drawn by itself, so that a share of p among n has the standard deviation sqrt(n p (1 - p)); six of them
 * either way are missed by one run in 500 million.
 */
function weightCases(derivation: Derivation, probe: Probe, entry: HttpEntry): Case[] {
  const shares = sharesOf(entry);
  if (shares.size < 2) return [];
  const { host, method, slug } = probe;
  const ranges = [...shares].map(([service, share]) => {
    const slack = SIGMAS * Math.sqrt(SAMPLES * share * (1 - share));
    const due = SAMPLES * share;
    return [
      service,
      { min: Math.max(0, Math.ceil(due - slack)), max: Math.min(SAMPLES, Math.floor(due + slack)) },
    ];
  });
  const [transport] = transportsOf(derivation, host);
  const [first = ''] = shares.keys();
  return [
    {
      ...common,
      name: nameOf(derivation, 'weights', host, slug),
      row: 'S4',
      title: `Of ${SAMPLES} RPCs of ${method} at ${host} each backend gets the share that its weight says.`,
      concerns: concerning(entry, host),
      invocation: { ...rpcOf(probe, transport), calls: SAMPLES, lanes: 8 },
      alone: true,
      limitMs: 120_000,
      expectation: {
        rpc: { status: 'OK' },
        spread: {
          services: Object.fromEntries(ranges) as Readonly<Record<string, { min: number; max: number }>>,
        },
      },
      sabotages: [allToTheFirst(entry, `RPCs answered by ${first}: expected`)],
    },
  ];
}
