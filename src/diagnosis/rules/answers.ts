import { asDisagreed, at, nameOf } from '../naming.ts';
import { removing } from '../patching.ts';
import { fieldOf } from '../routing-table.ts';
import type { Rule } from '../rule.ts';
import { logged, seen } from '../wording.ts';

/** The gateway answers without asking anybody, because a route says so. */
export const direct: Rule = (scene) => {
  const { route } = scene;
  const answer = route?.route.directResponse;
  if (route === undefined || answer === undefined) return;
  if (scene.verdictOfGateway.details !== 'direct_response') return;
  return {
    cause: 'answered-by-route',
    confidence: 'certain',
    summary: `${nameOf(route.virtualService)} ${fieldOf(route)} answers HTTP ${answer.status ?? 200} by itself; a gRPC client sees the status that stands for it.`,
    change: at(route.virtualService, `${fieldOf(route)}.directResponse.status`, answer.status),
    because: [logged(scene), ...seen(scene)],
  };
};

/** A fault is injected; or one was to be. */
export const fault: Rule = (scene) => {
  const { route } = scene;
  if (route === undefined) return;
  const { flags } = scene.verdictOfGateway;
  const found = route.route.fault;
  const field = `${fieldOf(route)}.fault`;
  if (found !== undefined && flags.some((flag) => flag === 'FI' || flag === 'DI')) {
    return {
      cause: 'fault-injected',
      confidence: 'certain',
      summary: `${nameOf(route.virtualService)} ${fieldOf(route)} injects a fault on purpose.`,
      change: at(route.virtualService, field, found, removing(scene.evidence, route.virtualService, field)),
      because: [logged(scene), ...seen(scene)],
    };
  }
  const inMesh = scene.call?.request.inMesh !== undefined;
  const wanted = scene.evidence.disagreements.find(
    ({ what, expected, got }) =>
      (what === 'access log responseFlags' && ['FI', 'DI'].includes(expected)) ||
      // Whoever has no proxy, or one beside it, leaves no line of the gateway's.
      (inMesh && found !== undefined && what === 'grpc-status' && expected !== 'OK' && got === 'OK'),
  );
  if (wanted === undefined) return;
  return {
    cause: 'fault-absent',
    confidence: 'certain',
    summary:
      found === undefined
        ? `${nameOf(route.virtualService)} ${fieldOf(route)}, which the request meets, injects no fault.`
        : `${nameOf(route.virtualService)} ${fieldOf(route)} injects its fault into a part of the RPCs, and this one is not of it.`,
    change: at(route.virtualService, field, found),
    because: [asDisagreed(wanted)],
  };
};

/** The service answers that it has no such method, before anything of it runs. */
export const unknownMethod: Rule = (scene) => {
  const { route, call } = scene;
  const line = call?.gateway.at(-1);
  if (route === undefined || call === undefined || line?.grpcStatus !== 12) return;
  if (scene.verdictOfGateway.details !== 'via_upstream') return;
  if (!/unimplemented|not implement|unknown (service|method)/i.test(scene.complaint)) return;
  const prefix = route.route.match.find(({ uri }) => uri?.prefix !== undefined)?.uri?.prefix ?? '';
  const beyond = route.route.rewrite === undefined && prefix.split('/').filter(Boolean).length > 1;
  return {
    cause: 'method-of-no-service',
    confidence: 'likely',
    summary: `The route leads to ${scene.calledService ?? 'a service'}, which knows no method ${call.request.path}.${beyond ? ' The route takes a prefix and does not rewrite it.' : ''}`,
    change: at(route.virtualService, fieldOf(route, 'rewrite'), route.route.rewrite),
    because: [logged(scene), scene.complaint],
  };
};
