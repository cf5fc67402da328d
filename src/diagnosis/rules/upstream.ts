import { at, nameOf } from '../naming.ts';
import { removing } from '../patching.ts';
import type { Rule } from '../rule.ts';

/** Between the gateway and the service one side speaks TLS, and the other does not expect it. */
export const tlsMismatch: Rule = (scene) => {
  const line = scene.call?.gateway.at(-1);
  const reason = String(line?.upstreamTransportFailureReason ?? '');
  const { flags, details } = scene.verdictOfGateway;
  const text = `${reason} ${details}`;
  const wanted = /TLS_error|WRONG_VERSION_NUMBER|SSL/i.test(text);
  const called = scene.calledService;
  if (!wanted) return;
  const rule = scene.destinationRules.find(
    ({ spec }) => spec.host.split('.')[0] === called && spec.trafficPolicy?.tls !== undefined,
  );
  return {
    cause: 'upstream-tls-mismatch',
    confidence: 'certain',
    summary:
      rule === undefined
        ? `The gateway speaks TLS to ${called ?? 'the service'}, and the service does not.`
        : `${nameOf(rule)} has the gateway speak TLS to ${rule.spec.host}, and the service does not.`,
    ...(rule && {
      change: at(
        rule,
        'spec.trafficPolicy.tls',
        rule.spec.trafficPolicy?.tls,
        removing(scene.evidence, rule, 'spec.trafficPolicy.tls'),
      ),
    }),
    because: [`The gateway logged ${[flags.join(','), reason].filter((each) => each !== '').join(' ')}.`],
  };
};

/** The gateway's RBAC filter says which policy it was. */
export const deniedByPolicy: Rule = (scene) => {
  const { details } = scene.verdictOfGateway;
  const denied = details.startsWith('rbac_access_denied') || scene.complaint.includes('RBAC: access denied');
  if (!denied) return;
  const [, namespace, name] = /ns\[([^\]]*)\]-policy\[([^\]]*)\]/.exec(details) ?? [];
  const policy = { kind: 'AuthorizationPolicy', namespace: namespace ?? '', name: name ?? '' };
  return {
    cause: 'denied-by-policy',
    confidence: 'certain',
    summary:
      name === undefined
        ? 'No AuthorizationPolicy allows the request. gRPC is POST, and its path is /package.Service/Method.'
        : `${nameOf(policy)} denies the request. gRPC is POST, and its path is /package.Service/Method.`,
    ...(name === undefined ? {} : { change: at(policy, 'spec.rules', 'the rule that matches') }),
    because: [details === '' ? scene.complaint : `The gateway logged ${details}.`],
  };
};
