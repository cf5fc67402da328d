/** The servers of Istio's Gateways, and the listeners of Gateway API's: rules look at both alike. */
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Evidence } from './evidence.ts';
import { apiGateways } from './gateway-api-objects.ts';
import type { Gateway } from './istio-objects.ts';
import { setting } from './patching.ts';

/** What clients connect to, and where it stands. */
export interface GatewayServer {
  readonly gateway: Pick<Gateway, 'kind' | 'namespace' | 'name'>;
  /** The field that has it, `servers` of Istio's Gateway or `listeners` of Gateway API's, and its place there. */
  readonly within: 'servers' | 'listeners';
  readonly index: number;
  readonly server: Gateway['spec']['servers'][number];
  /** Namespace in which its certificate's Secret is looked for; undefined for that of the gateway's pods. */
  readonly secretNamespace?: string;
}

type ServerField =
  | 'hosts'
  | 'port.protocol'
  | 'tls'
  | 'tls.mode'
  | 'tls.credentialName'
  | 'tls.httpsRedirect'
  | 'tls.minProtocolVersion'
  | 'tls.maxProtocolVersion';

/** Istio's option for its own `tls.mode` (istio, pilot/pkg/config/kube/gateway/conversion.go). */
const MODE_OPTION = 'gateway.istio.io/tls-terminate-mode';

/** How a listener says what a server says. */
const OF_LISTENER: Readonly<Partial<Record<ServerField, string>>> = {
  hosts: 'hostname',
  'port.protocol': 'protocol',
  'tls.credentialName': 'tls.certificateRefs[0].name',
  'tls.mode': `tls.options["${MODE_OPTION}"]`,
};

/** The path of a server's field: `spec.servers[0].hosts`, or `spec.listeners[0].hostname`. */
export const serverField = ({ within, index }: GatewayServer, field: ServerField): string =>
  `spec.${within}[${index}].${within === 'listeners' ? (OF_LISTENER[field] ?? field) : field}`;

/** The patch that gives a server's field a value; none for a listener, whose fields have other shapes. */
export const settingServer = (
  evidence: Evidence,
  server: GatewayServer,
  field: ServerField,
  value: unknown,
): string | undefined =>
  server.within === 'listeners'
    ? undefined
    : setting(evidence, server.gateway, serverField(server, field), value);

export const serversOf = (gateways: readonly Gateway[]): GatewayServer[] =>
  gateways.flatMap((gateway) =>
    gateway.spec.servers.map((server, index) => ({ gateway, within: 'servers', index, server })),
  );

/** The listeners of Gateway API's Gateways, as the servers that Istio makes of them. */
export const listenersAsServers = (objects: readonly KubernetesObject[]): GatewayServer[] =>
  apiGateways(objects).flatMap((gateway) =>
    gateway.spec.listeners.map(({ name, hostname = '*', port, protocol, tls }, index) => {
      const [ref] = tls?.certificateRefs ?? [];
      return {
        gateway,
        within: 'listeners',
        index,
        secretNamespace: ref?.namespace ?? gateway.namespace,
        server: {
          port: { number: port, name, protocol },
          hosts: [hostname],
          ...(tls && {
            tls: {
              mode: tls.options[MODE_OPTION] ?? 'SIMPLE',
              httpsRedirect: false,
              ...(ref && { credentialName: ref.name }),
            },
          }),
        },
      };
    }),
  );
