import { authorizationPolicies } from '../istio-objects.ts';
import { at, nameOf } from '../naming.ts';
import { removing, setting } from '../patching.ts';
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

/** What the methods of an operation are: HTTP's, of which gRPC has one. */
const POST = 'POST';

/** The gateway's RBAC filter says which policy it was; where none allows the request, those that might are looked at. */
export const deniedByPolicy: Rule = (scene) => {
  const { details } = scene.verdictOfGateway;
  const denied = details.startsWith('rbac_access_denied') || scene.complaint.includes('RBAC: access denied');
  if (!denied) return;
  const because = [details === '' ? scene.complaint : `The gateway logged ${details}.`];
  const common = { cause: 'denied-by-policy', confidence: 'certain', because } as const;
  const [, namespace, name] = /ns\[([^\]]*)\]-policy\[([^\]]*)\]/.exec(details) ?? [];
  if (namespace !== undefined && name !== undefined) {
    const policy = { kind: 'AuthorizationPolicy', namespace, name };
    return {
      ...common,
      summary: `${nameOf(policy)} denies the request. gRPC is POST, and its path is /package.Service/Method.`,
      change: at(policy, 'spec.rules', 'the rule that matches'),
    };
  }
  const allowing = authorizationPolicies(scene.evidence.objects).filter(
    ({ spec }) => spec.action === 'ALLOW',
  );
  const operations = allowing.flatMap((policy) =>
    policy.spec.rules.flatMap(({ to }, rule) =>
      to.map(({ operation }, i) => ({ policy, operation, field: `spec.rules[${rule}].to[${i}].operation` })),
    ),
  );
  const byMethod = operations.find(
    ({ operation }) => (operation?.methods.length ?? 0) > 0 && operation?.methods.includes(POST) !== true,
  );
  const [first] = operations;
  if (byMethod?.operation !== undefined) {
    const { policy, field, operation } = byMethod;
    return {
      ...common,
      summary: `${nameOf(policy)} allows the HTTP methods ${operation.methods.join(', ')} alone. gRPC is POST; what an RPC is called stands in paths: /package.Service/Method.`,
      change: at(
        policy,
        `${field}.methods`,
        operation.methods,
        setting(scene.evidence, policy, `${field}.methods`, [POST]),
      ),
    };
  }
  return {
    ...common,
    summary: `No AuthorizationPolicy allows ${scene.call?.request.path ?? 'the request'}. gRPC is POST, and its path is /package.Service/Method.`,
    ...(first && { change: at(first.policy, `${first.field}.paths`, first.operation?.paths) }),
  };
};
