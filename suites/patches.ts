import { stringify } from 'yaml';
import type { Patch } from '../src/conformance/model.ts';

/** One operation of a JSON patch (RFC 6902). */
type Operation =
  | { readonly op: 'replace' | 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

const texts = new Map<string, string>();

/** As YAML text. Cases of a family have the same ones, and every command makes all cases. */
function yamlOf(value: object): string {
  const key = JSON.stringify(value);
  const known = texts.get(key) ?? stringify(value);
  texts.set(key, known);
  return known;
}

/** A JSON patch on one object, as kustomize takes it. Istio's lists have no merge keys, so they need this form. */
export const jsonPatch = (kind: string, name: string, ...operations: readonly Operation[]): Patch =>
  yamlOf({ target: { kind, name }, patch: yamlOf(operations) });

/** An EnvoyFilter on the ingress gateway, as YAML text, with these `configPatches`. */
export const envoyFilter = (name: string, ...configPatches: readonly object[]): string =>
  yamlOf({
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name, namespace: 'istio-system' },
    spec: { workloadSelector: { labels: { istio: 'ingressgateway' } }, configPatches },
  });

/**
 * New pods for a Deployment. Istiod pushes to one proxy after the other, and nobody can ask whether a server has a
 * change of its own policy already; a pod that starts after it has.
 */
export const anew = (deployment: string): Patch =>
  jsonPatch('Deployment', deployment, {
    op: 'add',
    path: '/spec/template/metadata/labels/anew',
    value: 'once',
  });
