import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { HOST, UNROUTED, routedTo, wayIn } from '../expectations.ts';
import { jsonPatch } from '../patches.ts';

const SECOND = 'other.example.com';
/** Whose routes each host has. */
const SERVICE = { [HOST]: 'grpc-service', [SECOND]: 'user-grpc-service' } as const;
const METHOD = 'grpc.health.v1.Health/Check';
const FIRST_OF = { own: 'its own', shared: 'the other host’s' } as const;

/** Both hosts at one server, or each at a Gateway of its own. */
const CONFIGURATIONS = { 'one-gateway': 'two-hosts', 'two-gateways': 'two-gateways' } as const;
const HOSTS = { first: HOST, second: SECOND } as const;
type Host = keyof typeof HOSTS;
const other = (host: Host): Host => (host === 'first' ? 'second' : 'first');

const destinationsSwapped = (caughtBy: string): Sabotage => ({
  name: 'the hosts’ destinations swapped',
  change: {
    manifests: (['first-host', 'second-host'] as const).map((name, i) =>
      jsonPatch('VirtualService', name, {
        op: 'replace',
        path: '/spec/http/0/route/0/destination/host',
        value: i === 0 ? SERVICE[SECOND] : SERVICE[HOST],
      }),
    ),
  },
  caughtBy,
});

/** Both Gateways' hosts at the first one. */
const gatewaysJoined = (caughtBy: string): Sabotage => ({
  name: 'both hosts at one Gateway',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', {
        op: 'replace',
        path: '/spec/servers/0/hosts',
        value: [HOST, SECOND],
      }),
      jsonPatch('Gateway', 'second-gateway', {
        op: 'replace',
        path: '/spec/servers/0/hosts',
        value: ['third.example.com'],
      }),
      jsonPatch('VirtualService', 'second-host', {
        op: 'replace',
        path: '/spec/gateways',
        value: ['grpc-gateway'],
      }),
    ],
  },
  caughtBy,
});

const invocation = (host: Host, sni: Host) =>
  ({
    client: 'grpc-js',
    transport: 'tls',
    method: METHOD,
    requests: [{}],
    authority: HOSTS[host],
    serverName: HOSTS[sni],
    deadlineMs: 10_000,
  }) as const;

/**
 * A client may send the requests of one host over the connection of another when the certificate is good for both
 * (RFC 9113, section 9.1.1). The connection's SNI is the one host's, the request's authority the other's.
 */
const answered = expand(
  { gateways: ['one-gateway', 'two-gateways'], connection: ['own', 'shared'], host: ['first', 'second'] },
  ({ gateways, connection, host }): Case | undefined => {
    if (gateways === 'two-gateways' && connection === 'shared') return undefined;
    const sni = connection === 'own' ? host : other(host);
    const service = SERVICE[HOSTS[host]];
    return {
      name: 'two-hosts/answered',
      row: 'S1',
      title: `With ${gateways.replace('-', ' ')} the ${host} host answers over ${FIRST_OF[connection]} connection.`,
      configuration: CONFIGURATIONS[gateways],
      invocation: invocation(host, sni),
      expectation: {
        rpc: { status: 'OK', count: 1, servedBy: { service } },
        ledger: { attempts: 1, service },
        gateway: {
          ...wayIn('tls'),
          ...routedTo(service),
          authority: HOSTS[host],
          requestedServerName: HOSTS[sni],
        },
      },
      sabotages: [destinationsSwapped(`service: expected ${service}, got`)],
    };
  },
);

/** Never a wrong backend; and no 421 either, by which a client would know to open a connection of its own. */
const misdirected = expand(
  { host: ['first', 'second'], client: ['grpc-js', 'http'] },
  ({ host, client }): Case => {
    const facts = {
      name: 'two-hosts/misdirected',
      row: 'S1',
      title: `With two Gateways the ${host} host is not found over the other host’s connection (istio#13589).`,
      configuration: 'two-gateways',
    } as const;
    const gateway = {
      ...wayIn('tls'),
      ...UNROUTED,
      authority: HOSTS[host],
      requestedServerName: HOSTS[other(host)],
    };
    return client === 'grpc-js'
      ? {
          ...facts,
          invocation: invocation(host, other(host)),
          expectation: {
            rpc: { status: 'UNIMPLEMENTED', details: '', count: 0, servedBy: null },
            ledger: { attempts: 0 },
            gateway,
          },
          sabotages: [gatewaysJoined('grpc-status: expected UNIMPLEMENTED, got OK')],
        }
      : {
          ...facts,
          invocation: {
            client,
            transport: 'tls',
            http: '2',
            verb: 'GET',
            path: '/',
            authority: HOSTS[host],
            serverName: HOSTS[other(host)],
          },
          expectation: {
            http: { status: 404 },
            ledger: { attempts: 0 },
            gateway: { ...gateway, grpcStatus: null, responseCode: 404 },
          },
          sabotages: [gatewaysJoined('access log responseCodeDetails: expected route_not_found, got')],
        };
  },
);

export const cases: readonly Case[] = [...answered, ...misdirected];
