import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { HttpInvocation, TlsInvocation } from '../clients/invocation.ts';
import { invokePlainHttp } from '../clients/plain-http.ts';
import type { HttpRecord, TlsRecord } from '../clients/record.ts';
import { hostOf, type Target } from '../clients/target.ts';
import { invokeTls } from '../clients/tls.ts';
import {
  OFFERS,
  type LoggedProbes,
  type Offer,
  type OutsideFindings,
  type PrefaceAnswer,
  type ProbeIds,
  type Subject,
} from './findings.ts';

/** Milliseconds that one probe may take; all go on at once. */
const PROBE_MS = 4_000;
/** An empty message: not compressed, no bytes. */
const EMPTY_MESSAGE = Buffer.alloc(5).toString('base64');
/** RFC 9113, section 3.4, and an empty SETTINGS frame. */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
const REFLECTION = (version: string) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;

/** Ids of the probes of one diagnosis. A probe's user agent names it, for access logs that print nothing else. */
export function newIds(): LoggedProbes {
  const ids = (): ProbeIds => {
    const rpcId = randomUUID();
    return { caseName: `diagnose/${rpcId}`, rpcId };
  };
  return { call: ids(), preflight: ids(), web: ids() };
}

/** Looks at an address from outside, by every way in at once. What fails is a finding, and nothing is changed. */
export async function probeOutside(
  subject: Subject,
  ids: LoggedProbes,
  signal: AbortSignal,
): Promise<OutsideFindings> {
  const target: Target = {
    address: subject.host,
    tlsPort: subject.port,
    h2cPort: subject.port,
    caPem: subject.caPem,
    caFile: '',
    host: hostOf(subject.authority),
  };
  const limited = () => AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
  const own = () => newIds().call;
  const shake = (wanted: Partial<TlsInvocation>): Promise<TlsRecord> =>
    invokeTls({ client: 'tls', alpn: OFFERS['h2 and http/1.1'], ...wanted }, target, own(), limited());
  const ask = (wanted: Partial<HttpInvocation>, as: ProbeIds = own()): Promise<HttpRecord> =>
    invokePlainHttp(
      {
        client: 'http',
        transport: subject.tls ? 'tls' : 'h2c',
        http: '2',
        verb: 'POST',
        path: `/${subject.method}`,
        authority: subject.authority,
        ...wanted,
      },
      target,
      as,
      limited(),
    );
  const rpc = (path: string, as?: ProbeIds) =>
    ask(
      {
        path,
        headers: { ...subject.headers, 'content-type': 'application/grpc', te: 'trailers' },
        body: EMPTY_MESSAGE,
      },
      as,
    );
  const origin = subject.origin ?? `https://${hostOf(subject.authority)}`;
  const [tcp, tls, preface, call, http1, health, v1, v1alpha, preflight, web] = await Promise.all([
    knock(subject, limited()),
    subject.tls ? handshakes(shake) : undefined,
    sayPreface(subject, limited()),
    rpc(`/${subject.method}`, ids.call),
    ask({ http: '1.1', verb: 'GET', path: '/' }),
    rpc('/grpc.health.v1.Health/Check'),
    rpc(REFLECTION('v1')),
    rpc(REFLECTION('v1alpha')),
    ask(
      {
        http: '1.1',
        verb: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-grpc-web,x-user-agent',
        },
      },
      ids.preflight,
    ),
    ask(
      {
        http: '1.1',
        headers: {
          ...subject.headers,
          'content-type': 'application/grpc-web+proto',
          'x-grpc-web': '1',
          origin,
        },
        body: EMPTY_MESSAGE,
      },
      ids.web,
    ),
  ]);
  return { tcp, ...tls, preface, call, http1, health, reflection: { v1, v1alpha }, preflight, web };
}

async function handshakes(
  shake: (wanted: Partial<TlsInvocation>) => Promise<TlsRecord>,
): Promise<Pick<Required<OutsideFindings>, 'handshakes' | 'otherNames' | 'versions'>> {
  const offers = (Object.keys(OFFERS) as Offer[]).map(
    async (offer) => [offer, await shake({ alpn: OFFERS[offer] })] as const,
  );
  const bound = (version: 'TLSv1.2' | 'TLSv1.3') => shake({ minVersion: version, maxVersion: version });
  const [none, another, older, newer, ...byOffer] = await Promise.all([
    shake({ serverName: '' }),
    shake({ serverName: 'meshproof.invalid' }),
    bound('TLSv1.2'),
    bound('TLSv1.3'),
    ...offers,
  ]);
  return {
    handshakes: Object.fromEntries(byOffer) as Record<Offer, TlsRecord>,
    otherNames: { none, another },
    versions: { 'TLSv1.2': older, 'TLSv1.3': newer },
  };
}

function knock({ host, port }: Subject, signal: AbortSignal): Promise<OutsideFindings['tcp']> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const finish = (error: string) => {
      socket.destroy();
      resolve({ connected: error === '', error });
    };
    socket.once('connect', () => {
      finish('');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      finish(
        error.name === 'AbortError' ? `no answer in ${PROBE_MS} ms` : error.message || (error.code ?? ''),
      );
    });
  });
}

function sayPreface({ host, port }: Subject, signal: AbortSignal): Promise<PrefaceAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal }, () => socket.write(PREFACE));
    const finish = (answer: PrefaceAnswer['answer'], error = '') => {
      socket.destroy();
      resolve({ answer, error });
    };
    socket.once('data', (data: Buffer) => {
      // A frame's type stands at the fourth octet, and a server's first frame is SETTINGS.
      if (data[3] === 4) finish('HTTP/2');
      else finish(data.subarray(0, 5).toString('latin1') === 'HTTP/' ? 'HTTP/1.1' : 'something else');
    });
    socket.once('error', (error: Error) => {
      finish('nothing', error.message);
    });
    socket.once('end', () => {
      finish('nothing', 'the server closed the connection');
    });
  });
}
