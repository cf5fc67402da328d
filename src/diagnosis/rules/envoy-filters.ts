import type { EnvoyFilter } from '../istio-objects.ts';
import { asDisagreed, at, nameOf } from '../naming.ts';
import { deleting, setting } from '../patching.ts';
import type { Rule } from '../rule.ts';
import type { Scene } from '../scene.ts';

interface Place {
  readonly filter: EnvoyFilter;
  /** Field path of the key: `spec.configPatches[0].patch.value.typed_config.stream_idle_timeout`. */
  readonly field: string;
  readonly value: unknown;
}

function* within(value: unknown, path: string, key: string): Generator<{ field: string; value: unknown }> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const field = Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`;
    if (name === key) yield { field, value: inner };
    else yield* within(inner, field, key);
  }
}

/** Where an EnvoyFilter sets a field of Envoy's configuration, wherever in its patches. */
export function setBy(scene: Scene, key: string): Place | undefined {
  for (const filter of scene.envoyFilters) {
    for (const [index, { patch }] of filter.spec.configPatches.entries()) {
      const [found] = within(patch?.value, `spec.configPatches[${index}].patch.value`, key);
      if (found !== undefined) return { filter, ...found };
    }
  }
  return undefined;
}

const shown = (scene: Scene): string => {
  const [about] = scene.evidence.disagreements;
  return about === undefined ? scene.complaint : asDisagreed(about);
};

/** What the gateway offers by ALPN is not what the client needs. */
export const alpn: Rule = (scene) => {
  const { call } = scene;
  if (call?.request.tls !== true) return;
  const about = scene.disagreement(/^ALPN|^access log protocol/);
  const says = /ALPN/i.test(scene.complaint);
  const narrowed = setBy(scene, 'alpn_protocols');
  if (narrowed !== undefined && (about !== undefined || scene.complaint !== '')) {
    return {
      cause: 'alpn-without-h2',
      confidence: 'certain',
      summary: `${nameOf(narrowed.filter)} has the gateway offer ${JSON.stringify(narrowed.value)} by ALPN. gRPC needs h2, HTTP/1.1 clients need http/1.1.`,
      change: at(
        narrowed.filter,
        narrowed.field,
        narrowed.value,
        setting(scene.evidence, narrowed.filter, narrowed.field, ['h2', 'http/1.1']),
      ),
      because: [shown(scene)],
    };
  }
  const shaken = call.client.kind === 'tls' && call.client.version !== '' && call.client.alpn !== 'h2';
  if (!says && !(shaken && about?.expected === 'h2')) return;
  return {
    cause: 'alpn-without-h2',
    confidence: 'likely',
    summary:
      'Whoever ends TLS picks no h2, and nothing in the cluster explains it: a load balancer in front of the gateway that ends TLS itself does so.',
    because: [shown(scene)],
  };
};

/** The names of old of filters that people insert for gRPC, and what they are since Envoy 1.22. */
const SUCCESSORS: Readonly<Record<string, object>> = {
  'envoy.grpc_web': {
    name: 'envoy.filters.http.grpc_web',
    typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb' },
  },
  'envoy.grpc_http1_bridge': {
    name: 'envoy.filters.http.grpc_http1_bridge',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.grpc_http1_bridge.v3.Config',
    },
  },
};

/** Envoy rejects the listener and keeps the one before; the objects all look accepted. */
export const rejected: Rule = (scene) => {
  const reason = scene.evidence.gateway?.rejectedListeners[0];
  if (reason === undefined) return;
  const unknown = /registered implementation for '([^']+)'/.exec(reason)?.[1];
  const inserts = ({ spec }: EnvoyFilter): number =>
    spec.configPatches.findIndex(({ patch }) => unknown !== undefined && patch?.value?.name === unknown);
  const culprit = scene.envoyFilters.find((each) => inserts(each) >= 0) ?? scene.envoyFilters[0];
  const index = culprit === undefined ? 0 : Math.max(0, inserts(culprit));
  const field = `spec.configPatches[${index}].patch.value`;
  const successor = SUCCESSORS[unknown ?? ''];
  return {
    cause: 'envoy-filter-rejected',
    confidence: 'certain',
    summary: `Envoy rejects the listener as it is configured, and keeps the one before: ${reason}`,
    ...(culprit && {
      change: at(
        culprit,
        field,
        culprit.spec.configPatches[index]?.patch?.value,
        successor === undefined ? undefined : setting(scene.evidence, culprit, field, successor),
      ),
    }),
    because: [reason],
  };
};

/** A limit that the request or the reply went over. */
export const limits: Rule = (scene) => {
  const place = setBy(scene, 'max_request_bytes') ?? setBy(scene, 'max_request_headers_kb');
  if (place === undefined) return;
  const { flags, details } = scene.verdictOfGateway;
  return {
    cause: 'envoy-filter-limits',
    confidence: /too_large|too_many|headers|payload/.test(details) ? 'certain' : 'likely',
    summary: `${nameOf(place.filter)} limits what may pass: ${place.field.split('.').at(-1) ?? ''} ${String(place.value)}.`,
    change: at(place.filter, place.field, place.value, deleting(scene.evidence, place.filter)),
    because: [
      shown(scene),
      `The gateway logged ${[flags.join(','), details].join(' ').trim() || 'no fault'}.`,
    ],
  };
};

/** A filter that reads or writes what passes. */
export const rewrites: Rule = (scene) => {
  const place = setBy(scene, 'inline_string') ?? setBy(scene, 'inline_code');
  if (place === undefined || typeof place.value !== 'string') return;
  return {
    cause: 'envoy-filter-rewrites',
    confidence: 'likely',
    summary: `${nameOf(place.filter)} runs code on what passes.`,
    change: at(place.filter, place.field, place.value.split('\n')[0], deleting(scene.evidence, place.filter)),
    because: [shown(scene)],
  };
};
