import type { TlsExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { HOST } from '../expectations.ts';
import {
  alpnWithoutH2,
  alpnWithoutHttp1,
  expired,
  gatewayOfAnyHost,
  gatewayOfOtherHost,
  keyOfAnother,
  otherHostsCertificate,
  secretElsewhere,
  secretMisnamed,
  secretMissing,
  tls12Only,
  tls13Only,
  untrusted,
} from './sabotages.ts';

const NOT_VERIFIED = 'verified chain and name: expected yes, got no';

const trusted = { authorized: true, error: '', issuer: 'meshproof test CA', subjectAltName: `DNS:${HOST}` };

/** What ALPN picks of what a client offers. The gateway has its own order: HTTP/2 first, whatever the client's. */
const OFFERS = {
  h2: { alpn: ['h2'], picked: 'h2' },
  'h2-then-http1': { alpn: ['h2', 'http/1.1'], picked: 'h2' },
  'http1-then-h2': { alpn: ['http/1.1', 'h2'], picked: 'h2' },
  http1: { alpn: ['http/1.1'], picked: 'http/1.1' },
  /** Envoy lets it pass; by RFC 7301 a server ends such a handshake. */
  unknown: { alpn: ['spdy/3.1'], picked: '' },
  nothing: { alpn: [], picked: '' },
} as const;

const alpn = expand({ offer: Object.keys(OFFERS) as (keyof typeof OFFERS)[] }, ({ offer }): Case => {
  const { alpn: offered, picked } = OFFERS[offer];
  return {
    name: 'tls-gateway/alpn',
    row: 'S1',
    title:
      picked === ''
        ? `Of ${offered[0] ?? 'nothing'} ALPN picks nothing, and the handshake goes through.`
        : `Of ${offered.join(' and ')}, in this order, ALPN picks ${picked}.`,
    configuration: 'catch-all',
    invocation: { client: 'tls', alpn: offered },
    expectation: { tls: { ...trusted, alpn: picked, version: 'TLSv1.3' } },
    sabotages:
      picked === 'h2'
        ? [alpnWithoutH2('ALPN: expected h2, got')]
        : picked === 'http/1.1'
          ? [alpnWithoutHttp1('ALPN: expected http/1.1, got')]
          : [secretMissing(NOT_VERIFIED)],
  };
});

const versions = expand({ version: ['1.2', '1.3'] }, ({ version }): Case => ({
  name: 'tls-gateway/version',
  row: 'S1',
  title: `A client that has nothing newer than TLS ${version} gets a handshake, and h2 in it.`,
  configuration: 'catch-all',
  invocation: { client: 'tls', alpn: ['h2'], maxVersion: `TLSv${version}` },
  expectation: { tls: { ...trusted, alpn: 'h2', version: `TLSv${version}` } },
  sabotages: [version === '1.2' ? tls13Only(NOT_VERIFIED) : tls12Only('TLS version: expected TLSv1.3')],
}));

/** Each way in which a certificate can be wrong shows in the handshake already. */
const certificate: Case = {
  name: 'tls-gateway/certificate/verified',
  row: 'S1',
  title: "The gateway presents the Secret's certificate: its chain and its name can be verified.",
  configuration: 'catch-all',
  invocation: { client: 'tls', alpn: ['h2'] },
  expectation: { tls: { ...trusted, alpn: 'h2' } },
  sabotages: [
    secretMissing(NOT_VERIFIED),
    secretElsewhere(NOT_VERIFIED),
    secretMisnamed(NOT_VERIFIED),
    keyOfAnother(NOT_VERIFIED),
    expired(NOT_VERIFIED),
    otherHostsCertificate(NOT_VERIFIED),
    untrusted(NOT_VERIFIED),
    gatewayOfOtherHost(NOT_VERIFIED),
  ],
};

/** The filter chain is chosen by SNI alone: the authority of a request is not known yet. */
const refusedHandshake: TlsExpectation = {
  alpn: '',
  version: '',
  authorized: false,
  error: /ECONNRESET|closed/,
};
const sni = expand({ sni: ['absent', 'of-another-host'] }, ({ sni: form }): Case => ({
  name: 'tls-gateway/sni',
  row: 'S1',
  title: `A handshake whose SNI is ${form.replaceAll('-', ' ')} fits no server of the Gateway and is cut off.`,
  configuration: 'catch-all',
  // A proxy in between answers a connection before the gateway has cut it off.
  needs: ['direct-connection'],
  invocation: { client: 'tls', alpn: ['h2'], serverName: form === 'absent' ? '' : 'other.example.com' },
  expectation: { tls: refusedHandshake },
  sabotages: [gatewayOfAnyHost('ALPN: expected (empty), got h2')],
}));

/** What is judged about TLS itself, by raw handshakes. */
export const handshakeCases: readonly Case[] = [...alpn, ...versions, certificate, ...sni];
