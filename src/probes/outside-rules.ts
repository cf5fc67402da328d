import { hostOf } from '../clients/target.ts';
import type { HttpRecord } from '../clients/record.ts';
import type { Cause } from '../diagnosis/causes.ts';
import type { Confidence, Diagnosis } from '../diagnosis/diagnosis.ts';
import {
  cameFromService,
  grpcMessageOf,
  grpcStatusOf,
  isAnswered,
  type OutsideFindings,
  type Subject,
} from './findings.ts';

const said = (
  cause: Cause,
  confidence: Confidence,
  summary: string,
  ...because: readonly string[]
): Diagnosis => ({ cause, confidence, summary, because });

/**
 * What can be said of a subject without its configuration. Where several causes look the same from outside, each is
 * named, and none is more than possible.
 */
export function diagnoseOutside(subject: Subject, found: OutsideFindings): Diagnosis[] {
  const { tcp } = found;
  if (!tcp.connected) return connectionFaults(subject, tcp.error);
  const early = subject.tls ? handshakeFaults(subject, found) : plaintextFaults(subject, found);
  return early.length > 0 ? early : [...callFaults(subject, found), ...webFaults(subject, found)];
}

function connectionFaults({ host, port, tls }: Subject, error: string): Diagnosis[] {
  const nothing = `Nothing takes a connection at ${host}:${port}.`;
  const failure = `TCP: ${error}.`;
  if (!error.includes('ECONNREFUSED')) return [said('address-unreachable', 'certain', nothing, failure)];
  const refused = said('no-listener', 'likely', nothing, failure);
  if (!tls) return [refused];
  // Envoy opens no port for a new listener before it has all it waits for (listener warming); one that was open
  // before stays so, and resets instead.
  const waiting = 'A new listener of Envoy that waits for its certificate has no open port yet.';
  const secret = said(
    'secret-missing',
    'possible',
    'The gateway has no certificate for any server on this port.',
    failure,
    waiting,
  );
  return [refused, secret];
}

function plaintextFaults({ port }: Subject, { preface, handshakes, call }: OutsideFindings): Diagnosis[] {
  if (preface.answer === 'HTTP/2' || isAnswered(call) || handshakes !== undefined) return [];
  if (preface.answer === 'HTTP/1.1')
    return [
      said(
        'http2-not-spoken',
        'certain',
        `Port ${port} speaks HTTP/1.1 only.`,
        'The preface of HTTP/2 was answered in HTTP/1.1.',
      ),
    ];
  return [
    said(
      'plaintext-to-tls-listener',
      'likely',
      `Port ${port} does not answer the preface of HTTP/2 without TLS. Either the client is to speak TLS, or the port plaintext.`,
      `It answered with ${preface.answer}: ${preface.error}.`,
    ),
  ];
}

function handshakeFaults(subject: Subject, found: OutsideFindings): Diagnosis[] {
  const { handshakes, otherNames, versions, preface } = found;
  if (handshakes === undefined || otherNames === undefined || versions === undefined) return [];
  const shaken = handshakes['h2 and http/1.1'];
  const name = hostOf(subject.authority);
  if (shaken.version === '') {
    const failure = `The handshake failed: ${shaken.error}.`;
    if (preface.answer === 'HTTP/2')
      return [
        said(
          'tls-to-plaintext-listener',
          'certain',
          `Port ${subject.port} speaks HTTP/2 without TLS.`,
          failure,
          'The preface of HTTP/2 was answered without TLS.',
        ),
      ];
    if (/certificate required|handshake failure.*40|alert number 116/i.test(shaken.error))
      return [said('client-certificate', 'likely', 'The gateway wants a client certificate.', failure)];
    const other = [otherNames.none, otherNames.another].find(({ version }) => version !== '');
    if (other !== undefined)
      return [
        said(
          'sni-of-no-server',
          'likely',
          `With SNI ${name} the handshake fails, with another it does not.`,
          failure,
        ),
      ];
    const good = Object.entries(versions).find(([, record]) => record.version !== '');
    if (good !== undefined) return [said('tls-version', 'certain', `Only ${good[0]} is spoken.`, failure)];
    const same = 'From outside, a missing certificate and a server for another host look the same.';
    return [
      said(
        'secret-missing',
        'possible',
        'The gateway has no certificate to show for this host.',
        failure,
        same,
      ),
      said('sni-of-no-server', 'possible', `No server of the Gateway is for ${name}.`, failure, same),
    ];
  }
  return [...certificateFaults(name, found), ...alpnFaults(found)];
}

function certificateFaults(name: string, { handshakes }: OutsideFindings): Diagnosis[] {
  const record = handshakes?.['h2 and http/1.1'];
  if (record === undefined || record.authorized) return [];
  const { error, certificate } = record;
  const facts =
    certificate === undefined
      ? []
      : [`It is for ${certificate.subjectAltName}, by ${certificate.issuer}, until ${certificate.notAfter}.`];
  if (/expired/i.test(error))
    return [said('certificate-expired', 'certain', 'The certificate has expired.', error, ...facts)];
  if (/altname|does not match|hostname/i.test(error))
    return [
      said('certificate-of-other-host', 'certain', `The certificate is not for ${name}.`, error, ...facts),
    ];
  return [
    said(
      'certificate-untrusted',
      'certain',
      'The certificate is signed by nobody whom this client trusts. If its clients trust another authority, give it with --cacert.',
      error,
      ...facts,
    ),
  ];
}

function alpnFaults({ handshakes }: OutsideFindings): Diagnosis[] {
  if (handshakes === undefined) return [];
  const picked = handshakes['h2 and http/1.1'].alpn;
  if (picked === 'h2') return [];
  return [
    said(
      'alpn-without-h2',
      'certain',
      `Of h2 and http/1.1, ALPN picks ${picked === '' ? 'nothing' : picked}. Whoever ends TLS here offers no h2: an EnvoyFilter, or a load balancer in front of the gateway.`,
      ...Object.entries(handshakes).map(
        ([offer, { alpn, error }]) =>
          `Offered ${offer}: ${error === '' || alpn !== '' ? alpn || 'nothing' : error}.`,
      ),
    ),
  ];
}

/** From the words of the gateway's own answers (Envoy, source/common/http). */
const BY_WORDS: readonly (readonly [RegExp, Cause, Confidence, string])[] = [
  [/no healthy upstream/, 'no-healthy-upstream', 'certain', 'The service has no endpoint that is ready.'],
  [
    /TLS_error|WRONG_VERSION_NUMBER/,
    'upstream-tls-mismatch',
    'likely',
    'TLS is spoken on one side only between the gateway and the service.',
  ],
  [
    /protocol error|reset reason: (connection termination|remote reset)/,
    'port-undeclared',
    'likely',
    'The gateway speaks HTTP/1.1 to the service, or another protocol than it expects: its port declares no HTTP/2, or declares something else.',
  ],
  [/upstream request timeout|response timeout/, 'route-timeout', 'likely', "The route's time was up."],
  [/stream timeout|stream idle/i, 'stream-idle-timeout', 'likely', 'The stream was silent for too long.'],
  [/max.?duration/i, 'max-stream-duration', 'likely', 'The stream lasted longer than any may.'],
  [/RBAC: access denied/, 'denied-by-policy', 'certain', 'An AuthorizationPolicy denies the request.'],
  [
    /cluster.?not.?found/i,
    'no-such-destination',
    'likely',
    'The route leads to a service that the gateway does not know.',
  ],
];

function callFaults({ authority, method }: Subject, found: OutsideFindings): Diagnosis[] {
  const { call } = found;
  if (isAnswered(call) && grpcStatusOf(call) !== 12) return [];
  const message = grpcMessageOf(call);
  const seen =
    `${method}: ${call.error === '' ? `HTTP ${call.status}, grpc-status ${grpcStatusOf(call) ?? 'absent'}` : call.error} ${message}`.trim();
  // To gRPC Envoy turns its own redirect into a 200 with grpc-status 2.
  if ([call.status, found.http1.status].some((status) => status >= 301 && status <= 308))
    return [
      said(
        'https-redirect',
        'certain',
        'The port answers with a redirect. gRPC clients do not follow it.',
        seen,
      ),
    ];
  const known = BY_WORDS.find(([words]) => words.test(message));
  if (known !== undefined) return [said(known[1], known[2], known[3], seen)];
  if (cameFromService(call)) {
    return grpcStatusOf(call) === 12 && found.health.status !== 0
      ? [said('backend-answered', 'possible', 'A service answered, and does not know this method.', seen)]
      : [said('backend-answered', 'possible', 'The service itself answered so.', seen)];
  }
  if (grpcStatusOf(call) === 12 || call.status === 404) {
    const elsewhere = [found.health, found.reflection.v1, found.reflection.v1alpha].some(cameFromService);
    return elsewhere
      ? [
          said(
            'route-matches-otherwise',
            'likely',
            `No route takes /${method} at ${authority}: the gateway answers itself, and other paths reach a service.`,
            seen,
          ),
        ]
      : [
          said('route-matches-otherwise', 'possible', `No route takes /${method} at ${authority}.`, seen),
          said(
            'authority-of-no-host',
            'possible',
            `No VirtualService of this gateway is for ${authority}, or none is in effect.`,
            seen,
          ),
        ];
  }
  return call.error === ''
    ? []
    : [said('backend-reset', 'possible', 'The connection or the stream was broken off.', seen)];
}

const first = ({ headers }: HttpRecord, name: string): string => headers[name]?.[0] ?? '';

function webFaults({ origin }: Subject, { preflight, web, call }: OutsideFindings): Diagnosis[] {
  if (origin === undefined) return [];
  const faults: Diagnosis[] = [];
  const allowed = first(preflight, 'access-control-allow-origin');
  const seen = `OPTIONS: HTTP ${preflight.status}, access-control-allow-origin ${allowed || 'absent'}.`;
  if (allowed === '') {
    const like =
      'From outside, a missing policy, one for other origins and a route that no preflight meets look the same.';
    for (const cause of ['cors-origin', 'cors-preflight-unmatched', 'cors-absent'] as const)
      faults.push(said(cause, 'possible', `The preflight of ${origin} is not allowed.`, seen, like));
  } else {
    const headers = first(preflight, 'access-control-allow-headers').toLowerCase();
    if (!headers.includes('x-grpc-web') && headers !== '*')
      faults.push(
        said(
          'cors-header',
          'certain',
          'A preflight does not allow x-grpc-web.',
          `allowed: ${headers || 'none'}`,
        ),
      );
    const exposed = first(web, 'access-control-expose-headers').toLowerCase();
    if (!exposed.includes('grpc-status') && exposed !== '*')
      faults.push(
        said(
          'cors-expose-headers',
          'certain',
          'A page may not read grpc-status.',
          `exposed: ${exposed || 'none'}`,
        ),
      );
  }
  if (isAnswered(call) && !first(web, 'content-type').startsWith('application/grpc-web'))
    faults.push(
      said(
        'grpc-web-filter-absent',
        'likely',
        'A gRPC-Web call is not answered in gRPC-Web: nothing translates it.',
        `HTTP ${web.status}, content-type ${first(web, 'content-type') || 'absent'}.`,
      ),
    );
  return faults;
}
