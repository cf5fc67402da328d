import { declaredProtocol, isHttp, isHttp2 } from '../../lint/istio/port-protocol.ts';
import { asDisagreed, at, nameOf } from '../naming.ts';
import { removing, setting } from '../patching.ts';
import type { Rule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import type { Service } from '../istio-objects.ts';

type DeclaredPort = Service['spec']['ports'][number];

/** What a gateway speaks to a port that declares this. */
function spokenBy(port: DeclaredPort): 'h2' | 'http/1.1' | 'tcp' | 'none' {
  const protocol = declaredProtocol(port);
  if (isHttp2(protocol)) return 'h2';
  if (isHttp(protocol)) return 'http/1.1';
  return protocol === 'undeclared' ? 'none' : 'tcp';
}

/** The port that a call was meant for, and what it declares. */
interface Destination {
  readonly service: Service;
  readonly index: number;
  readonly port: DeclaredPort;
  /** Which field says the protocol, and how; empty when neither does. */
  readonly field: 'name' | 'appProtocol';
  readonly value: string;
}

function destination(scene: Scene): Destination | undefined {
  const target = scene.route?.route.route[0]?.destination;
  const { inMesh, port: dialled } = scene.call?.request ?? {};
  const host = target?.host ?? inMesh?.dialled;
  const service = scene.services.find(({ name }) => name === host?.split('.')[0]);
  const number = target?.port?.number ?? (inMesh === undefined ? service?.spec.ports[0]?.port : dialled);
  const index = service?.spec.ports.findIndex((each) => each.port === number) ?? -1;
  const port = service?.spec.ports[index];
  if (service === undefined || port === undefined) return undefined;
  const field = port.appProtocol === undefined ? 'name' : 'appProtocol';
  return { service, index, port, field, value: port.appProtocol ?? port.name };
}

const CAUSES = {
  tcp: 'port-declared-tcp',
  'http/1.1': 'port-declared-http1',
  none: 'port-undeclared',
} as const;

/** A gateway speaks HTTP/1.1 to a port that does not say HTTP/2. */
export const portProtocol: Rule = (scene) => {
  const found = destination(scene);
  if (found === undefined) return;
  const { port, field, value } = found;
  const protocol = spokenBy(port);
  if (protocol === 'h2') return;
  const inMesh = scene.call?.request.inMesh !== undefined;
  // Proxies beside clients find out by themselves.
  if (inMesh && protocol === 'none') return;
  const spoken = String(scene.call?.gateway.at(-1)?.upstreamProtocol ?? '');
  const { flags, details } = scene.verdictOfGateway;
  const broken = flags.some((flag) => ['UPE', 'UC', 'UF', 'UR', 'URX'].includes(flag));
  const about = scene.disagreement(/pods|cluster protocol|upstreamProtocol/);
  if (!broken && about === undefined && !spoken.includes('HTTP/1')) return;
  return {
    cause: CAUSES[protocol],
    confidence: 'certain',
    summary: `Port ${port.port} of ${nameOf(found.service)} ${value === '' ? 'declares nothing' : `is declared by ${field} ${value}`}, ${inMesh && protocol === 'tcp' ? 'so the proxies hand connections on, and all RPCs of one go to one pod' : 'so the gateway speaks HTTP/1.1 to a server that understands HTTP/2 only'}.`,
    change: at(
      found.service,
      `spec.ports[${found.index}].${field}`,
      value === '' ? 'nothing' : value,
      setting(scene.evidence, found.service, `spec.ports[${found.index}].appProtocol`, 'grpc'),
    ),
    because: [
      `The gateway logged ${[flags.join(','), details].filter((each) => each !== '').join(' ') || 'no fault'}${spoken && `, upstream ${spoken}`}.`,
      ...(about === undefined ? [] : [asDisagreed(about)]),
    ],
  };
};

/** A gateway speaks HTTP/2, as the port declares, to a server that answers the preface in another protocol. */
export const withoutHttp2: Rule = (scene) => {
  const found = destination(scene);
  const { flags, details } = scene.verdictOfGateway;
  if (found === undefined || spokenBy(found.port) !== 'h2') return;
  const reached = scene.call?.ledger.length !== 0;
  if (reached || !flags.includes('UPE')) return;
  const { port, field, value } = found;
  return {
    cause: 'backend-without-http2',
    confidence: 'likely',
    summary: `Port ${port.port} of ${nameOf(found.service)} is declared by ${field} ${value}, so the gateway speaks HTTP/2, and what the pods answer is none. Either they are not the gRPC server, or it listens on another port.`,
    change: at(found.service, `spec.ports[${found.index}].${field}`, value),
    because: [`The gateway logged ${[flags.join(','), details].filter((each) => each !== '').join(' ')}.`],
  };
};

/** Load balancing that ties a client to an endpoint. */
export const stickyBalancing: Rule = (scene) => {
  const about = scene.disagreement(/pods/);
  const rule = scene.destinationRule ?? scene.destinationRules[0];
  if (about === undefined || rule?.spec.trafficPolicy?.loadBalancer?.consistentHash === undefined) return;
  return {
    cause: 'sticky-balancing',
    confidence: 'certain',
    summary: `${nameOf(rule)} hashes requests, so one client keeps to one endpoint.`,
    change: at(
      rule,
      'spec.trafficPolicy.loadBalancer.consistentHash',
      rule.spec.trafficPolicy.loadBalancer.consistentHash,
      removing(scene.evidence, rule, 'spec.trafficPolicy.loadBalancer'),
    ),
    because: [asDisagreed(about)],
  };
};

/** What was to stay at one endpoint is spread. */
export const spreadBalancing: Rule = (scene) => {
  const about = scene.disagreement(/^pods that answered/);
  const [wanted, got] = [about?.expected, about?.got].map((text) => Number.parseInt(text ?? '', 10));
  const rule = scene.destinationRule;
  if (about === undefined || rule === undefined || !(Number(got) > Number(wanted))) return;
  if (rule.spec.trafficPolicy?.loadBalancer?.consistentHash !== undefined) return;
  return {
    cause: 'balancing-not-sticky',
    confidence: 'certain',
    summary: `${nameOf(rule)} hashes nothing, so each RPC may go to another endpoint.`,
    change: at(rule, 'spec.trafficPolicy.loadBalancer', rule.spec.trafficPolicy?.loadBalancer),
    because: [asDisagreed(about)],
  };
};

/** Nothing to spread over. */
export const tooFewEndpoints: Rule = (scene) => {
  const about = scene.disagreement(/pods/);
  const reached = scene.call?.ledger[0]?.deployment;
  const found = scene.deployments.find(({ name }) => name === reached);
  if (about === undefined || found === undefined) return;
  const wanted = Number(/\d+/.exec(about.expected)?.[0] ?? 0);
  if (found.spec.replicas >= wanted) return;
  return {
    cause: 'too-few-endpoints',
    confidence: 'certain',
    summary: `${nameOf(found)} has ${found.spec.replicas} replica${found.spec.replicas === 1 ? '' : 's'}.`,
    change: at(
      found,
      'spec.replicas',
      found.spec.replicas,
      setting(scene.evidence, found, 'spec.replicas', wanted),
    ),
    because: [asDisagreed(about)],
  };
};
