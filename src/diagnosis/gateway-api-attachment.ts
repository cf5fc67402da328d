import type { KubernetesObject } from '@kubernetes/client-node';
import { type ApiRoute, listenersOf } from './gateway-api-routes.ts';
import { apiGateways } from './gateway-api-objects.ts';
import { coversHost } from './route-selection.ts';
import { covers } from './labels.ts';

/** Whether a route is attached to a listener, and what keeps it from that. */
export interface Attachment {
  /** The field of the route, or of the Gateway, that is in the way; undefined when nothing is. */
  readonly problem?: {
    readonly text: string;
    readonly field: string;
    readonly found: string;
    /** The Gateway to change, where it is not the route. */
    readonly gateway?: { readonly kind: string; readonly namespace: string; readonly name: string };
  };
}

/**
 * Looks whether routes are attached (Gateway API: parentRefs, sectionName, the intersection of hostnames, allowedRoutes).
 * Of several parentRefs one is enough.
 */
export function attachedIn(objects: readonly KubernetesObject[]): (route: ApiRoute) => Attachment {
  const gateways = apiGateways(objects);
  return (route) => {
    const found = route.parents.map((parent, i): Attachment => {
      const field = `spec.parentRefs[${i}]`;
      const gateway = gateways.find(
        (each) => each.name === parent.name && each.namespace === (parent.namespace ?? route.namespace),
      );
      if (gateway === undefined) {
        const shown = `${parent.namespace ?? route.namespace}/${parent.name}`;
        return { problem: { text: `there is no Gateway ${shown}`, field: `${field}.name`, found: shown } };
      }
      const listeners = listenersOf(parent, route.namespace, gateways);
      if (listeners.length === 0) {
        const sections = gateway.spec.listeners.map(({ name }) => name).join(', ');
        const { sectionName = '' } = parent;
        const text = `the Gateway ${gateway.namespace}/${gateway.name} has no listener ${sectionName}, only ${sections}`;
        return { problem: { text, field: `${field}.sectionName`, found: sectionName } };
      }
      const fitting = listeners.filter(({ hostname }) =>
        route.spec.hosts.some((host) => hostname === undefined || overlap(hostname, host)),
      );
      if (fitting.length === 0) {
        const of = listeners.map(({ hostname }) => hostname ?? '*').join(', ');
        const text = `its hostnames fit no listener of the Gateway ${gateway.namespace}/${gateway.name}, which are for ${of}`;
        return { problem: { text, field: 'spec.hostnames', found: route.spec.hosts.join(', ') } };
      }
      const allowing = fitting.some(({ allowedRoutes }) => {
        const { from = 'Same', selector } = allowedRoutes?.namespaces ?? {};
        if (from === 'All') return true;
        if (from === 'Same') return gateway.namespace === route.namespace;
        // Of a namespace's labels nobody gathers more than the one that each has.
        const labels = { 'kubernetes.io/metadata.name': route.namespace };
        const byName = Object.keys(selector?.matchLabels ?? {}).every((key) => key in labels);
        return from === 'Selector' && (!byName || covers(selector?.matchLabels ?? {}, labels));
      });
      if (allowing) return {};
      const index = gateway.spec.listeners.findIndex((each) => fitting.includes(each));
      return {
        problem: {
          text: `the Gateway ${gateway.namespace}/${gateway.name} allows no routes of the namespace ${route.namespace}`,
          field: `spec.listeners[${index}].allowedRoutes`,
          found: JSON.stringify(fitting[0]?.allowedRoutes ?? 'from: Same'),
          gateway,
        },
      };
    });
    return found.find(({ problem }) => problem === undefined) ?? found[0] ?? NOWHERE;
  };
}

const NOWHERE: Attachment = {
  problem: { text: 'it has no parentRefs', field: 'spec.parentRefs', found: 'nothing' },
};

/** Either may be a wildcard. */
const overlap = (a: string, b: string): boolean => coversHost(a, b) || coversHost(b, a);
