import type { Account } from './account.ts';
import type { Sign, TrafficExpectation } from './change.ts';
import { FATES, isWell, type Fate } from './fate.ts';

/** Something that is not as expected. */
export interface TrafficFinding {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** What of the account is not as expected; none when all is. */
export function judgeTraffic(expected: TrafficExpectation, account: Account): TrafficFinding[] {
  return [
    ...books(account),
    ...losses('unary RPCs', expected.unary, account.unary),
    ...losses('streams', expected.streams, account.streams),
    ...graces(expected, account),
    ...expected.signs.flatMap((sign) => missing(sign, account)),
  ];
}

/** The books must balance before anything else is believed. */
function books({ due, started, unary, unknownAttempts, reached }: Account): TrafficFinding[] {
  const fates = Object.values(unary).reduce((sum, count) => sum + count, 0);
  return [
    ...(due === started && started === fates
      ? []
      : [
          {
            what: 'accounting of unary RPCs',
            expected: `${due} due, all started, each with one fate`,
            got: `${started} started, ${fates} with a fate`,
          },
        ]),
    ...(unknownAttempts === 0
      ? []
      : [
          {
            what: "the servers' ledger",
            expected: 'only RPCs that were sent',
            got: `${unknownAttempts} attempts of others`,
          },
        ]),
    // A silent ledger would pass everything.
    ...(reached > 0
      ? []
      : [{ what: "the servers' ledger", expected: 'RPCs that reached a server', got: 'none' }]),
  ];
}

function losses(
  whose: string,
  allowed: readonly Fate[],
  counts: Readonly<Record<Fate, number>>,
): TrafficFinding[] {
  return FATES.filter((fate) => !isWell(fate) && !allowed.includes(fate) && counts[fate] > 0).map((fate) => ({
    what: `${whose}: ${fate}`,
    expected: 'none',
    got: String(counts[fate]),
  }));
}

function graces(
  { graceMs, quietGraceMs = graceMs }: TrafficExpectation,
  { lost }: Account,
): TrafficFinding[] {
  const of = (wanted: boolean) => lost.filter(({ quiet = false }) => quiet === wanted);
  return [
    ...short('time between GOAWAY and the end of the connection', graceMs, of(false)),
    ...short('time between GOAWAY and the end of a quiet connection', quietGraceMs, of(true)),
  ];
}

function short(what: string, leastMs: number | undefined, lost: Account['lost']): TrafficFinding[] {
  const times = lost.flatMap(({ graceMs }) => (graceMs === undefined ? [] : [graceMs]));
  const few = times.filter((ms) => leastMs !== undefined && ms < leastMs);
  if (leastMs === undefined || few.length === 0) return [];
  const got = `${Math.round(Math.min(...few))} ms for one of ${few.length} that were cut`;
  return [{ what, expected: `at least ${leastMs} ms`, got }];
}

function missing(sign: Sign, account: Account): TrafficFinding[] {
  const { connections } = account;
  const absent = (what: string): TrafficFinding[] => [
    { what: 'the change', expected: what, got: 'nothing of the kind, so it may not have taken place' },
  ];
  switch (sign) {
    case 'GOAWAY':
      return connections.some(({ goawayAtMs }) => goawayAtMs !== undefined) ? [] : absent('a GOAWAY');
    case 'reconnection':
      return connections.some(({ reconnectedAfterMs }) => reconnectedAfterMs !== undefined)
        ? []
        : absent('a client that begins anew after GOAWAY');
    case 'second certificate': {
      const serials = new Set(connections.flatMap(({ certificate }) => certificate ?? []));
      return serials.size > 1 ? [] : absent('connections with another certificate');
    }
    case 'other workload CA':
      return new Set(account.workloadIssuers).size > 1 ? [] : absent('another CA of the gateway');
    case 'pushed header':
      return account.pushed > 0 ? [] : absent('requests with the header that the pushed route adds');
    default:
      return (account.newPods[sign.newPodOf] ?? []).length > 0
        ? []
        : absent(`a new pod of ${sign.newPodOf} that serves`);
  }
}
