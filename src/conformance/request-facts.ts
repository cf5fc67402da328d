import { PAGE_ORIGIN } from '../clients/invocation.ts';
import { entriesOf } from '../clients/metadata.ts';
import { hostOf } from '../clients/target.ts';
import type { RequestFacts } from '../diagnosis/evidence.ts';
import type { Invocation } from './model.ts';

/** The ports of the gateway's Service, by what its listeners speak. */
const PORTS = { tls: 443, h2c: 80 } as const;

const lowerCase = (fields: Iterable<readonly [string, string]>): Record<string, string> =>
  Object.fromEntries([...fields].map(([name, value]) => [name.toLowerCase(), value]));

/** The value that follows a flag of grpcurl. */
const flag = (words: readonly string[], name: string): string | undefined =>
  words.includes(name) ? words[words.indexOf(name) + 1] : undefined;

/**
 * What a client was told, in the words that a diagnosis goes by.
 *
 * @param host authority and SNI where the invocation names none
 * @returns undefined when no client is involved
 */
export function requestFactsOf(invocation: Invocation, host: string): RequestFacts | undefined {
  const { client } = invocation;
  switch (invocation.client) {
    case 'grpc-js':
    case 'grpc-go':
    case 'grpc-web': {
      const { transport, authority = host, method, metadata = {} } = invocation;
      const tls = transport === 'tls';
      const web = invocation.client === 'grpc-web' ? invocation : undefined;
      const text = web?.mode === 'text' ? '-text' : '';
      const native = invocation.client === 'grpc-web' ? undefined : invocation;
      return {
        client,
        tls,
        port: PORTS[native?.listener ?? transport],
        http: web?.http ?? '2',
        authority,
        serverName: tls ? (native?.serverName ?? hostOf(authority)) : '',
        alpn: tls ? [web?.http === '1.1' ? 'http/1.1' : 'h2'] : [],
        path: `/${method}`,
        verb: 'POST',
        headers: {
          'content-type':
            web === undefined ? 'application/grpc' : (web.contentType ?? `application/grpc-web${text}+proto`),
          ...lowerCase(entriesOf(metadata)),
        },
      };
    }
    case 'browser': {
      const { transport, http, mode, method, origin = PAGE_ORIGIN, metadata = {} } = invocation;
      const tls = transport === 'tls';
      return {
        client,
        tls,
        port: PORTS[transport],
        http,
        authority: host,
        serverName: tls ? hostOf(host) : '',
        alpn: tls ? [http === '2' ? 'h2' : 'http/1.1'] : [],
        path: `/${method}`,
        verb: 'POST',
        headers: {
          'content-type': `application/grpc-web${mode === 'text' ? '-text' : ''}+proto`,
          origin,
          ...lowerCase(entriesOf(metadata)),
        },
      };
    }
    case 'grpcurl': {
      const words = invocation.arguments;
      const tls = !words.includes('-plaintext');
      const authority = flag(words, '-authority') ?? host;
      const method = words.at(-1) ?? '';
      return {
        client,
        tls,
        port: Number(
          /:(\d+)$/.exec(words.find((word) => /^\$GATEWAY_IP:\d+$/.test(word)) ?? '')?.[1] ??
            (tls ? 443 : 80),
        ),
        http: '2',
        authority,
        serverName: tls ? hostOf(flag(words, '-servername') ?? authority) : '',
        alpn: tls ? ['h2'] : [],
        path: method.includes('/')
          ? `/${method}`
          : '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        verb: 'POST',
        headers: { 'content-type': 'application/grpc' },
      };
    }
    case 'tls': {
      const { serverName = host, alpn, listener = 'tls' } = invocation;
      const none = { authority: serverName, path: '', verb: '', headers: {} };
      return { client, tls: true, port: PORTS[listener], http: '2', serverName, alpn, ...none };
    }
    case 'http': {
      const {
        transport,
        http,
        verb,
        path,
        headers = {},
        authority = host,
        listener = transport,
      } = invocation;
      const tls = transport === 'tls';
      return {
        client,
        tls,
        port: PORTS[listener],
        http,
        authority,
        serverName: tls ? hostOf(authority) : '',
        alpn: tls ? [http === '2' ? 'h2' : 'http/1.1'] : [],
        path,
        verb,
        headers: lowerCase(Object.entries(headers)),
      };
    }
    case 'pod': {
      const { target, authority, method, metadata = {}, from } = invocation;
      const dialled = target.replace(/^\w+:\/\/\//, '');
      return {
        client,
        tls: false,
        port: Number(/:(\d+)$/.exec(dialled)?.[1] ?? 443),
        http: '2',
        authority: authority ?? dialled,
        serverName: '',
        alpn: [],
        path: `/${method}`,
        verb: 'POST',
        headers: { 'content-type': 'application/grpc', ...lowerCase(entriesOf(metadata)) },
        inMesh: { from, dialled: hostOf(dialled) },
      };
    }
    case 'admission':
    case 'configuration':
      return undefined;
  }
}
