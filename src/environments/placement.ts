import type { KubernetesObject } from '@kubernetes/client-node';

/** Where the parts of a mesh are in its cluster. */
export interface Placement {
  /** Namespace of the sample services, and of the Gateway and the routes that lead to them. */
  readonly samples: string;
  /** Namespace of the ingress gateway's pods, and with them of the Secrets that a `credentialName` names. */
  readonly gateway: string;
  /** Labels by which a Gateway, an EnvoyFilter or a Service selects those pods. */
  readonly gatewayLabels: Readonly<Record<string, string>>;
  /** Namespace of istiod. */
  readonly control: string;
  /** Labels of its pods; of several control planes, those of the gateway's own. */
  readonly istiodLabels: Readonly<Record<string, string>>;
}

/** What the manifests, the suites and their sabotages are written for, and what `local` and `kind` have. */
export const AS_WRITTEN: Placement = {
  samples: 'default',
  gateway: 'istio-system',
  gatewayLabels: { istio: 'ingressgateway' },
  control: 'istio-system',
  istiodLabels: { app: 'istiod' },
};

/** The namespaces in which the harness has objects, each once. */
export const namespacesOf = ({ samples, gateway, control }: Placement): string[] => [
  ...new Set([samples, gateway, control]),
];

/** A label selector as the API server takes it. */
export const selectorOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

/** Objects that are written for {@link AS_WRITTEN}, as another mesh needs them. */
export function place<T extends KubernetesObject>(objects: readonly T[], placement: Placement): T[] {
  return objects.map((object) => {
    const { metadata } = object;
    const namespace = namespaceFor(object, placement);
    const placed = namespace === undefined ? object : { ...object, metadata: { ...metadata, namespace } };
    return adapted(placed, placement) as T;
  });
}

/** What is for the gateway's pods alone, so that nobody else's are concerned. */
const BESIDE_GATEWAY = ['Secret', 'EnvoyFilter', 'AuthorizationPolicy'];

function namespaceFor({ kind, metadata }: KubernetesObject, placement: Placement): string | undefined {
  if (metadata?.namespace === AS_WRITTEN.samples) return placement.samples;
  if (metadata?.namespace !== AS_WRITTEN.gateway) return metadata?.namespace;
  return BESIDE_GATEWAY.includes(kind ?? '') ? placement.gateway : placement.control;
}

const WRITTEN_LABELS = JSON.stringify(AS_WRITTEN.gatewayLabels);
const WRITTEN_DOMAIN = `.${AS_WRITTEN.samples}.svc`;

/** A value with what it says of the gateway's labels, and of names in the samples' namespace, put right. */
function adapted(value: unknown, placement: Placement): unknown {
  if (typeof value === 'string') return value.replaceAll(WRITTEN_DOMAIN, `.${placement.samples}.svc`);
  if (Array.isArray(value)) return value.map((item) => adapted(item, placement));
  if (typeof value !== 'object' || value === null) return value;
  if (JSON.stringify(value) === WRITTEN_LABELS) return placement.gatewayLabels;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, adapted(item, placement)]));
}
