import { join } from 'node:path';
import type { StepTiming } from '../../progress.ts';
import type { Environment } from '../environment.ts';
import { STOCK_ENVOY_SWITCHES } from '../istio.ts';
import { selectorOf } from '../placement.ts';
import type { ClusterRequest, FoundIstio, Survey } from './survey.ts';

/** What is known of an environment in a cluster that is handed in. */
interface Known {
  readonly request: ClusterRequest;
  readonly survey: Pick<Survey, 'connection' | 'tools' | 'servicesImage'>;
  readonly istio: FoundIstio;
  /** Istio is there because we installed it. */
  readonly installed: boolean;
  /** Folder of this environment's files. */
  readonly run: string;
  readonly steps: readonly StepTiming[];
}

/** The environment as the suites and the report take it. */
export function describe({ request, survey, istio, installed, run, steps }: Known): Environment {
  const { connection, tools, servicesImage } = survey;
  const { cluster, request: asked } = request;
  const { placement, facts, address } = istio;
  return {
    kind: 'cluster',
    name: connection.cluster.config.getCurrentContext(),
    kubeconfig: cluster.kubeconfig,
    ...(cluster.context === undefined ? {} : { context: cluster.context }),
    placement,
    gateway: address.gateway,
    bin: tools.bin,
    caFile: join(run, 'test-ca.pem'),
    versions: { istio: facts.istio, envoy: facts.envoy, kubernetes: connection.kubernetes },
    dataPlane: {
      stock: facts.stock,
      note: facts.stock
        ? "The gateway is Envoy as its own project builds it, not Istio's build: a result here is not a result on Istio's proxy image."
        : "The gateway is Istio's own build of Envoy.",
      switches: installed && facts.stock ? [...STOCK_ENVOY_SWITCHES] : [],
    },
    images: {
      source: facts.stock ? 'built' : 'released',
      services: servicesImage,
      why: `the sample services run ${servicesImage}`,
    },
    ...(installed ? { asked } : {}),
    capabilities: address.capabilities,
    logs: join(run, 'logs'),
    steps,
    notes: notesOn(istio, installed),
  };
}

function notesOn({ placement, facts, address }: FoundIstio, installed: boolean): string[] {
  const { gateway, gatewayLabels, control, samples } = placement;
  const pods = facts.gatewayPods === 1 ? '1 pod' : `${facts.gatewayPods} pods`;
  const others = facts.otherGateways;
  return [
    `Istio ${facts.istio} was ${installed ? 'installed for this run' : 'found'} in ${control}; its gateway in ${gateway} is ${selectorOf(gatewayLabels)} (${pods}), reached by ${address.how}. The sample services are in ${samples}.`,
    facts.readableLog
      ? "The gateway's access log has the harness's format."
      : "The gateway's access log has another format than the harness's, or is off: an EnvoyFilter of ours adds a second one while suites run.",
    ...(others.length === 0
      ? []
      : [
          `The gateway also serves ${others.map(({ name }) => name).join(', ')}: what these take is not ours to judge.`,
        ]),
  ];
}
