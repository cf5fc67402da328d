import { asDisagreed, at, nameOf } from '../naming.ts';
import type { Rule } from '../rule.ts';

/** An application without a proxy that cannot read, or cannot keep, what the agent beside it gives it. */
export const proxyless: Rule = ({ complaint }) => {
  if (/bootstrap.*(no such file|ENOENT|not found|failed to read)|failed to read bootstrap/i.test(complaint)) {
    return {
      cause: 'xds-bootstrap-absent',
      confidence: 'certain',
      summary:
        'The application looked for its xDS bootstrap before the agent had written it. The annotation proxy.istio.io/config with holdApplicationUntilProxyStarts: true makes it wait.',
      because: [complaint],
    };
  }
  if (/error received from xDS stream: EOF/i.test(complaint)) {
    return {
      cause: 'xds-stream-replaced',
      confidence: 'likely',
      summary:
        'The agent keeps one xDS stream, and closes it when another one comes; grpc-go from 1.66 on opens one for each target. Dial one target in a process, or an agent that has that mended.',
      because: [complaint],
    };
  }
  return undefined;
};

/** A server says that it had no bootstrap when it began: it serves, and knows nothing of the mesh. */
export const late: Rule = (scene) => {
  const about = scene.disagreement(/^trailer x-meshproof-bootstrap/);
  const [deployment] = scene.calledDeployments;
  if (about?.got !== 'absent' || deployment === undefined) return;
  return {
    cause: 'xds-bootstrap-absent',
    confidence: 'certain',
    summary: `${nameOf(deployment)} began before its agent had written the xDS bootstrap. The annotation proxy.istio.io/config with holdApplicationUntilProxyStarts: true makes it wait.`,
    change: at(deployment, 'spec.template.metadata.annotations', 'no holdApplicationUntilProxyStarts'),
    because: [asDisagreed(about)],
  };
};

/** The library says why it does not take what the control plane tells it, and then has nothing to go by. */
export const refusedByLibrary: Rule = (scene) => {
  const said =
    /(Cluster|Listener|Route\w*|Endpoint\w*|ClusterLoadAssignment)( message)? validation (failed|error)/i;
  if (!said.test(scene.complaint)) return;
  const rule = scene.destinationRule;
  return {
    cause: 'xds-refused',
    confidence: 'certain',
    summary:
      'The library refuses the configuration that the control plane has for this name, although a proxy would take it: what libraries know is less.',
    ...(rule && {
      change: at(rule, 'spec.trafficPolicy.loadBalancer', rule.spec.trafficPolicy?.loadBalancer),
    }),
    because: [scene.complaint],
  };
};
