import { parse } from 'yaml';
import type { Field } from '../field.ts';
import { podTemplates } from '../istio/workloads.ts';
import type { Problem, Rule } from '../rule.ts';

/** Whether an annotation's YAML or JSON says so. */
function holds(config: Field): boolean {
  try {
    const value: unknown = parse(config.text ?? '');
    return (
      typeof value === 'object' &&
      value !== null &&
      'holdApplicationUntilProxyStarts' in value &&
      value.holdApplicationUntilProxyStarts === true
    );
  } catch {
    return false;
  }
}

export const proxylessHold: Rule = {
  id: 'proxyless-hold',
  title: 'A proxyless workload may start before its xDS bootstrap is there',
  severity: 'warning',
  why: 'The agent writes the bootstrap file that the gRPC library reads once, when it starts. An application that is faster fails with "xds: Failed to read bootstrap config", and is restarted.',
  fix: 'Annotate the pod with proxy.istio.io/config: \'{"holdApplicationUntilProxyStarts": true}\', unless the mesh config says so for all.',
  links: ['https://istio.io/latest/blog/2021/proxyless-grpc/', 'https://github.com/istio/istio/issues/38945'],
  *check(configuration): Iterable<Problem> {
    for (const pod of podTemplates(configuration)) {
      const templates = pod.at('metadata', 'annotations', 'inject.istio.io/templates');
      const named = (templates.text ?? '').split(',').map((name) => name.trim());
      if (!named.includes('grpc-agent')) continue;
      const config = pod.at('metadata', 'annotations', 'proxy.istio.io/config');
      if (holds(config)) continue;
      yield {
        at: config.exists ? config : templates,
        message: 'The application is not held until the agent is ready.',
      };
    }
  },
};
