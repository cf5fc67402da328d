import { UsageError } from '../../errors.ts';
import type { GatewayAddress } from '../environment.ts';

/** How a cluster that is handed in is to be used. */
export interface ClusterOptions {
  readonly kubeconfig: string;
  /** A context of the kubeconfig; its current one by default. */
  readonly context?: string;
  /** Namespace for the sample services, which is made for them and removed with them. */
  readonly namespace: string;
  /** How clients reach the gateway. */
  readonly gateway: 'load-balancer' | 'node-port' | GatewayAddress;
  /** Which pods are the gateway. */
  readonly gatewaySelector: GatewaySelector;
  readonly servicesImage?: string;
  readonly installIstio: boolean;
  /** Use a cluster that does not carry the label of clusters fit for meshproof. */
  readonly allowUnlabelled: boolean;
}

export interface GatewaySelector {
  /** Any namespace by default. */
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
}

const PORT = /^\d{1,5}$/;

/**
 * `HOST`, `HOST:TLS` or `HOST:TLS:H2C`, an IPv6 address in brackets; ports are 443 and 80 by default.
 *
 * @throws UsageError
 */
export function parseGatewayAddress(text: string): GatewayAddress {
  const [, bracketed, plain, rest = ''] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))((?::.*)?)$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  const ports = rest === '' ? [] : rest.slice(1).split(':');
  const numbers = ports.map(Number);
  const good = ports.length <= 2 && ports.every((port) => PORT.test(port) && Number(port) <= 65_535);
  if (address === undefined || !good || numbers.includes(0)) {
    throw new UsageError(`"${text}" is no address of a gateway`, {
      hint: 'Give HOST, HOST:TLS_PORT or HOST:TLS_PORT:H2C_PORT, such as 192.0.2.7:30443:30080.',
    });
  }
  const [tlsPort = 443, h2cPort = 80] = numbers;
  return { address, tlsPort, h2cPort };
}

const LABEL = /^[\w./-]+=[\w.-]*$/;

/** `KEY=VALUE[,KEY=VALUE]`, or the same behind `NAMESPACE/`. @throws UsageError */
export function parseGatewaySelector(text: string): GatewaySelector {
  // A key may have a slash too, but a namespace has no dot.
  const [, namespace, selector = text] = /^([a-z0-9-]+)\/(.+)$/.exec(text) ?? [];
  const pairs = selector.split(',');
  if (!pairs.every((pair) => LABEL.test(pair))) {
    throw new UsageError(`"${text}" selects no gateway`, {
      hint: 'Give labels of its pods, such as istio=ingress or istio-ingress/istio=ingress.',
    });
  }
  const labels = Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const [key = '', value = ''] = pair.split('=');
      return [key, value];
    }),
  );
  return { ...(namespace === undefined ? {} : { namespace }), labels };
}

const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** @throws UsageError for what cannot be a namespace, and for those that are everybody's */
export function checkNamespace(namespace: string): void {
  if (!NAMESPACE.test(namespace)) {
    throw new UsageError(`"${namespace}" cannot be the name of a namespace`, {
      hint: 'Use 1 to 63 lower-case letters, digits and inner hyphens.',
    });
  }
  if (namespace === 'default' || namespace.startsWith('kube-')) {
    throw new UsageError(
      `the namespace "${namespace}" is removed afterwards, so it has to be one of its own`,
      {
        hint: 'Leave --namespace out, or name one that is not there yet.',
      },
    );
  }
}
