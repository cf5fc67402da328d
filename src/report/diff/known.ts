import { parseVersionRange } from '../../conformance/version-range.ts';
import type { Report } from '../schema.ts';

/** Something that is known to behave otherwise from a version on: whoever upgrades across it sees it. */
export interface KnownDifference {
  readonly component: 'envoy' | 'istio';
  /** The first version that behaves so. */
  readonly since: string;
  readonly what: string;
  /** Where it is written. */
  readonly source: string;
}

/** In the order of versions. What is said of a version that could not be measured here says so. */
const KNOWN: readonly KnownDifference[] = [
  {
    component: 'envoy',
    since: '1.36',
    what: 'HTTP/2 limits by default: 1024 concurrent streams on a connection instead of 2147483647, a stream window of 16 MiB instead of 256, a connection window of 24 MiB instead of 256.',
    source: 'envoy changelogs/1.36.0.yaml',
  },
  {
    component: 'envoy',
    since: '1.37',
    what: 'A stream is reset with INTERNAL_ERROR by default, and not with NO_ERROR; protocol errors of the backend are not passed on to the client.',
    source: 'envoy changelogs/1.37.0.yaml',
  },
  {
    component: 'envoy',
    since: '1.37',
    what: 'A connection that drains when a request completes gets GOAWAY, and is not closed abruptly.',
    source: 'envoy changelogs/1.37.0.yaml',
  },
  {
    component: 'envoy',
    since: '1.37',
    what: 'The access log has the SNI also where the TLS handshake fails later.',
    source: 'envoy changelogs/1.37.0.yaml',
  },
  {
    component: 'envoy',
    since: '1.38',
    what: "A timeout of the route may end a gRPC call with DEADLINE_EXCEEDED instead of UNAVAILABLE, by the runtime guard grpc_timeout_returns_deadline_exceeded; whether it is on by default is each build's own.",
    source: 'envoy#44479',
  },
  {
    component: 'envoy',
    since: '1.39',
    what: "The reason of a failed connection to the backend is no longer in the reply's message; the access log has it as UPSTREAM_TRANSPORT_FAILURE_REASON. Some builds of 1.38 have this already.",
    source: 'summaries of the changelogs only',
  },
  {
    component: 'istio',
    since: '1.24',
    what: 'The default retry policy leaves out 503, which is unsafe to retry: servers see fewer attempts.',
    source: 'Istio 1.24 upgrade notes, istio#52111',
  },
  {
    component: 'istio',
    since: '1.29',
    what: "Debug endpoints want authorisation, and the circuit breaker's remaining_* gauges are off.",
    source: 'Istio 1.29 upgrade notes',
  },
  {
    component: 'istio',
    since: '1.30',
    what: 'xDS debugging at port 15010 wants authentication.',
    source: 'Istio 1.30 upgrade notes',
  },
];

/** What is known to differ between the versions of two reports, whichever of them is the newer one. */
export function knownDifferences(before: Report, after: Report): KnownDifference[] {
  return KNOWN.filter(({ component, since }) => {
    const range = parseVersionRange(`>=${since}`);
    const [one, other] = [before.versions[component], after.versions[component]];
    if (one === undefined || other === undefined || range === undefined) return false;
    return range.includes(one) !== range.includes(other);
  });
}
