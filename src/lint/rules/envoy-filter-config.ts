import { either, patchesOf } from '../istio/envoy-filter.ts';
import type { Problem, Rule } from '../rule.ts';

const FILTERS = ['HTTP_FILTER', 'NETWORK_FILTER', 'LISTENER_FILTER'];
const INSERTS = ['ADD', 'INSERT_BEFORE', 'INSERT_AFTER', 'INSERT_FIRST', 'REPLACE'];

export const envoyFilterConfig: Rule = {
  id: 'envoy-filter-config',
  title: 'An EnvoyFilter is written for an Envoy of long ago',
  severity: 'error',
  why: 'Envoy finds a filter by the type of its typed_config since 1.22, and knows v3 types alone. Without it the listener is refused ("Didn\'t find a registered implementation"); the fields of the old schema are dropped by the API server.',
  fix: 'Use configPatches, and give typed_config with a v3 "@type".',
  links: ['https://github.com/grpc/grpc-web/issues/1220', 'https://github.com/istio/istio/issues/38214'],
  *check(configuration): Iterable<Problem> {
    for (const filter of configuration.networking('EnvoyFilter')) {
      for (const old of ['filters', 'workloadLabels']) {
        const field = filter.at('spec', old);
        if (field.exists) yield { at: field, message: `spec.${old} is of a schema that Istio has dropped.` };
      }
    }
    for (const patch of patchesOf(configuration)) {
      const value = patch.at('patch', 'value');
      const inserts =
        INSERTS.includes(patch.at('patch', 'operation').text ?? '') &&
        FILTERS.includes(patch.at('applyTo').text ?? '');
      if (
        inserts &&
        value.at('name').text !== undefined &&
        !either(value, 'typed_config').exists &&
        !either(value, 'config_discovery').exists
      ) {
        yield { at: value.at('name'), message: `${String(value.at('name').text)} has no typed_config.` };
      }
      for (const field of value.descendants()) {
        if (
          field.path.at(-1) !== '@type' ||
          !/\.v2(?:alpha\d*)?\.\w+$|\/envoy\.api\.v2\./.test(field.text ?? '')
        )
          continue;
        // Istio's own types are versioned by themselves.
        if (!field.text?.includes('/istio.'))
          yield { at: field, message: `${String(field.text)} is of Envoy's v2 API.` };
      }
    }
  },
};
