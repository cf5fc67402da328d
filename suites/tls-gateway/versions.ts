import { expand, type Case, type Sabotage } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { METHODS } from '../requests.ts';
import { jsonPatch } from '../patches.ts';
import { FIRST } from './rotation.ts';

const SERVICE = 'grpc-service';
/** A Gateway that has one version only: by its lower bound, or by its upper one. */
const ONLY = {
  '1.3': { configuration: 'tls-13-only', field: 'minProtocolVersion', other: 'TLSv1.2' },
  '1.2': { configuration: 'tls-12-only', field: 'maxProtocolVersion', other: 'TLSv1.3' },
} as const;
type Version = keyof typeof ONLY;
const VERSIONS: readonly Version[] = ['1.2', '1.3'];

const boundRemoved = (only: Version, caughtBy: string): Sabotage => ({
  name: `no ${ONLY[only].field}`,
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', {
        op: 'remove',
        path: `/spec/servers/0/tls/${ONLY[only].field}`,
      }),
    ],
  },
  caughtBy,
});

/** What grpc-js, which has both versions, is given. */
const rpcs = expand({ only: VERSIONS }, ({ only }): Case => ({
  name: 'tls-gateway/bounds/rpc',
  row: 'S1',
  title: `A Gateway that has TLS ${only} only speaks it with a client that has both.`,
  configuration: ONLY[only].configuration,
  invocation: { client: 'grpc-js', transport: 'tls', method: METHODS.greeter.unary, deadlineMs: 10_000 },
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: SERVICE } },
    ledger: { attempts: 1, service: SERVICE },
    gateway: { ...wayIn('tls'), ...routedTo(SERVICE), tlsVersion: `TLSv${only}` },
  },
  sabotages: [
    only === '1.2'
      ? boundRemoved(only, 'access log tlsVersion: expected TLSv1.2, got TLSv1.3')
      : {
          name: 'maxProtocolVersion instead of minProtocolVersion',
          change: {
            manifests: [
              jsonPatch(
                'Gateway',
                'grpc-gateway',
                { op: 'remove', path: '/spec/servers/0/tls/minProtocolVersion' },
                { op: 'add', path: '/spec/servers/0/tls/maxProtocolVersion', value: 'TLSV1_2' },
              ),
            ],
          },
          caughtBy: 'access log tlsVersion: expected TLSv1.3, got TLSv1.2',
        },
  ],
}));

const handshakes = expand({ only: VERSIONS, client: VERSIONS }, ({ only, client }): Case => {
  const one = `TLSv${client}` as const;
  const fits = only === client;
  return {
    name: 'tls-gateway/bounds/handshake',
    row: 'S1',
    title: `A client that has TLS ${client} only ${fits ? 'gets a handshake' : 'is turned away'} where the Gateway has ${only} only.`,
    configuration: ONLY[only].configuration,
    invocation: { client: 'tls', alpn: ['h2'], minVersion: one, maxVersion: one },
    expectation: {
      tls: fits
        ? { ...FIRST, version: one }
        : { alpn: '', version: '', authorized: false, error: /alert|ECONNRESET|unsupported protocol/ },
    },
    sabotages: [
      fits
        ? {
            name: `a client that has ${ONLY[only].other} only`,
            change: { invocation: { minVersion: ONLY[only].other, maxVersion: ONLY[only].other } },
            caughtBy: 'verified chain and name: expected yes, got no',
          }
        : boundRemoved(only, 'verified chain and name: expected no, got yes'),
    ],
  };
});

/** The Gateway's bounds for the version of TLS. */
export const versionCases: readonly Case[] = [...rpcs, ...handshakes];
