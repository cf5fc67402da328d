import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';

const TEMPLATED: readonly (readonly [group: string, kind: string])[] = [
  ['apps', 'Deployment'],
  ['apps', 'StatefulSet'],
  ['apps', 'DaemonSet'],
  ['apps', 'ReplicaSet'],
  ['batch', 'Job'],
];

/** The pods that the given objects ask for: the field that has `metadata` and `spec`. */
export function podTemplates(configuration: Configuration): Field[] {
  const templates = TEMPLATED.flatMap(([group, kind]) =>
    configuration.ofKind(group, kind).map((workload) => workload.at('spec', 'template')),
  );
  return [...templates, ...configuration.ofKind('', 'Pod')];
}

/** Whether a pod has all labels of a selector; an empty selector selects nothing here. */
export function selects(selector: Field, pod: Field): boolean {
  const wanted = selector.entries;
  return (
    wanted.length > 0 &&
    wanted.every(([key, value]) => pod.at('metadata', 'labels', key).value === value.value)
  );
}

/** What a pod says of one of its ports. */
interface PodPort {
  readonly workload: Field;
  readonly named: string | undefined;
  readonly probedByGrpc: boolean;
}

/** What the pods that a Service selects say of the port that one of its ports leads to. */
export function portsByWorkload(configuration: Configuration, service: Field, port: Field): PodPort[] {
  const target = port.at('targetPort').exists ? port.at('targetPort').value : port.at('port').value;
  if (target === undefined) return [];
  return podTemplates(configuration)
    .filter((pod) => configuration.namespaceOf(pod) === configuration.namespaceOf(service))
    .filter((pod) => selects(service.at('spec', 'selector'), pod))
    .flatMap((pod) =>
      pod.at('spec', 'containers').items.flatMap((container) => {
        const declared = container
          .at('ports')
          .items.find(
            (candidate) =>
              candidate.at('containerPort').value === target || candidate.at('name').value === target,
          );
        const number = declared?.at('containerPort').value ?? target;
        const probedByGrpc = ['readinessProbe', 'livenessProbe', 'startupProbe'].some(
          (probe) => container.at(probe, 'grpc', 'port').value === number,
        );
        return declared || probedByGrpc
          ? [{ workload: pod, named: declared?.at('name').text, probedByGrpc }]
          : [];
      }),
    );
}
