import type { Case } from '../../conformance/model.ts';
import { type GatewayServer, describeEntry, describeServer } from '../entries.ts';
import { hostFits, serversOf } from '../matching.ts';
import { type Derivation, common, nameOf } from './derivation.ts';
import { anyHost, deleted, notRedirected } from './sabotages.ts';

const NOT_VERIFIED = 'verified chain and name: expected yes, got no';

/** What a server of a Gateway promises by itself: a certificate and h2 by ALPN, or a redirect to https. */
export function gatewayCases(derivation: Derivation): Case[] {
  return derivation.hosts.flatMap((host) => {
    const servers = serversOf(derivation.ingress, host);
    const tls = servers.find(({ wayIn }) => wayIn === 'tls');
    const redirect = servers.find(({ wayIn }) => wayIn === 'redirect');
    return [
      ...(tls === undefined ? [] : [handshake(derivation, host, tls), ...stranger(derivation, host, tls)]),
      ...(redirect === undefined ? [] : [redirected(derivation, host, redirect)]),
    ];
  });
}

const handshake = (derivation: Derivation, host: string, server: GatewayServer): Case => ({
  ...common,
  name: nameOf(derivation, 'tls', host, 'certificate'),
  row: 'S1',
  title: `A handshake with the name ${host} gets a certificate that is good for it, and h2 by ALPN.`,
  concerns: describeServer(server),
  invocation: { client: 'tls', alpn: ['h2', 'http/1.1'], serverName: host },
  expectation: { tls: { authorized: true, error: '', alpn: 'h2' } },
  sabotages: [
    { name: 'certificates of other hosts', change: { certificate: 'other host' }, caughtBy: NOT_VERIFIED },
    { name: 'expired certificates', change: { certificate: 'expired' }, caughtBy: NOT_VERIFIED },
  ],
});

/** Unless a server takes any host: then every handshake goes through. */
function stranger(derivation: Derivation, host: string, server: GatewayServer): Case[] {
  const other = `not-${host.replaceAll('*', 'any')}.invalid`;
  const taken = derivation.ingress.servers.some(
    ({ wayIn, hosts }) => wayIn === 'tls' && hosts.some((pattern) => hostFits(pattern, other)),
  );
  if (taken) return [];
  return [
    {
      ...common,
      name: nameOf(derivation, 'tls', host, 'another-name'),
      row: 'S1',
      title: 'A handshake with a name that no server of the Gateways has is cut off.',
      concerns: describeServer(server),
      invocation: { client: 'tls', alpn: ['h2'], serverName: other },
      expectation: { tls: { authorized: false, alpn: '', version: '' } },
      sabotages: [anyHost(server, 'ALPN: expected (empty), got h2')],
    },
  ];
}

function redirected(derivation: Derivation, host: string, server: GatewayServer): Case {
  // Of Gateway API it is an HTTPRoute that does it.
  const redirect = derivation.ingress.redirects.find(
    ({ gateways, hosts }) =>
      gateways.some((key) => server.keys.includes(key)) && hosts.some((pattern) => hostFits(pattern, host)),
  );
  return {
    ...common,
    name: nameOf(derivation, 'redirect', host),
    row: 'S3',
    title: `What comes to ${host} in plaintext is sent to https.`,
    concerns: redirect === undefined ? describeServer(server) : describeEntry(redirect),
    invocation: {
      client: 'http',
      transport: 'h2c',
      http: '1.1',
      verb: 'GET',
      path: '/meshproof.Anything/AnyMethod',
      authority: host,
    },
    expectation: {
      http: {
        status: redirect?.redirect?.redirectCode ?? 301,
        headers: { location: `https://${host}/meshproof.Anything/AnyMethod` },
      },
      ledger: { attempts: 0 },
    },
    sabotages: [
      notRedirected(server, redirect, 'HTTP status: expected 30'),
      deleted(server.gateway, 'HTTP status: expected 30'),
    ],
  };
}
