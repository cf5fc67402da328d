import { statusName } from '../../clients/grpc-status.ts';
import { asDisagreed, at } from '../naming.ts';
import { setting } from '../patching.ts';
import type { Diagnosis } from '../diagnosis.ts';
import type { Rule } from '../rule.ts';
import { fieldOf } from '../routing-table.ts';
import type { Scene } from '../scene.ts';

/** The first number in a text: `3 (a: UNAVAILABLE, ...)`. */
const count = (text: string): number => Number(/\d+/.exec(text)?.[0] ?? NaN);

function aboutAttempts(
  scene: Scene,
): { readonly wanted: number; readonly got: number; readonly text: string } | undefined {
  const about = scene.disagreement(/^attempts|^access log attempts/);
  if (about === undefined) return;
  const text = asDisagreed(about);
  return { wanted: count(about.expected), got: count(about.got), text };
}

/** The policy that Envoy has is not the one that was wanted: seen without any call. */
export const otherPolicy: Rule = (scene) => {
  const about = scene.disagreement(/^route retries/);
  const { route } = scene;
  if (about === undefined || route === undefined) return;
  const { retries } = route.route;
  const field = `${fieldOf(route)}.retries`;
  const common = { because: [asDisagreed(about)] } as const;
  if (retries === undefined) {
    return {
      ...common,
      confidence: 'certain',
      cause: 'retry-policy-default',
      summary: "The route gives no retries, so Istio's default policy counts.",
      change: at(route.virtualService, field, 'nothing'),
    };
  }
  const off = retries.attempts === 0;
  return {
    ...common,
    confidence: off ? 'certain' : 'likely',
    cause: off ? 'retries-off' : 'retry-on-other-status',
    summary: off
      ? 'attempts: 0 switches retries off.'
      : `retryOn is ${retries.retryOn ?? "Istio's default"}.`,
    change: at(
      route.virtualService,
      off ? `${field}.attempts` : `${field}.retryOn`,
      retries.retryOn ?? retries.attempts,
    ),
  };
};

/** The service reset the stream: whether that is tried again goes by the code it chose. */
const wasReset = (scene: Scene): boolean => (scene.call?.ledger.at(-1)?.reset_sent ?? -1) >= 0;

/** Fewer attempts than wanted, or none at all: why the policy did not ask for more. */
export const notRetried: Rule = (scene): Diagnosis | undefined => {
  const about = aboutAttempts(scene);
  const { route } = scene;
  if (about === undefined || route === undefined || about.got >= about.wanted || about.got === 0) return;
  // Of what went well nothing is tried again.
  if (scene.call?.ledger.at(-1)?.status_code === 0) return;
  const { retries } = route.route;
  const field = `${fieldOf(route)}.retries`;
  const common = { confidence: wasReset(scene) ? 'likely' : 'certain', because: [about.text] } as const;
  if (retries === undefined) {
    return {
      ...common,
      cause: 'retry-policy-default',
      summary:
        "The route gives no retries, so Istio's default policy counts: two retries, of a few statuses.",
      change: at(route.virtualService, field, 'nothing'),
    };
  }
  if (retries.attempts === 0) {
    return {
      ...common,
      confidence: 'certain',
      cause: 'retries-off',
      summary: 'attempts: 0 switches retries off.',
      change: at(route.virtualService, `${field}.attempts`, 0),
    };
  }
  const names = (retries.retryOn ?? '').split(',').map((name) => name.trim());
  const last = scene.call?.ledger.at(-1);
  // The last attempt was cut short by a timer.
  if (last !== undefined && last.status_code < 0 && !wasReset(scene)) return;
  const came = last === undefined || last.status_code < 0 ? '' : statusName(last.status_code);
  // Or the service kept the deadline that a timer of the gateway gave it, and was quicker than the gateway.
  if (came === 'DEADLINE_EXCEEDED' && scene.disagreement(/^grpc-timeout/) !== undefined) return;
  if (names.includes(came.toLowerCase().replaceAll('_', '-'))) {
    // It came before any header: then the policy is not what kept it from being tried again.
    if (last?.trailers_only === true) return;
    return {
      ...common,
      confidence: 'likely',
      cause: 'status-in-trailers',
      summary: `retryOn names ${came}, but it came in trailers after headers: the gateway only reads a status that stands in the headers of a trailers-only reply.`,
    };
  }
  const numbers = names.every((name) => /^\d+$/.test(name));
  return {
    ...common,
    cause: numbers ? 'retry-on-http-status' : 'retry-on-other-status',
    summary: numbers
      ? `retryOn names HTTP status ${names.join(', ')}; whatever a gRPC reply says stands in grpc-status.`
      : `retryOn is ${names.join(', ')}: the status that came is not among them.`,
    change: at(route.virtualService, `${field}.retryOn`, retries.retryOn ?? ''),
  };
};

/** The policy asks for more attempts, and the request was too large to be kept for them. */
export const beyondRetryBuffer: Rule = (scene) => {
  const { details } = scene.verdictOfGateway;
  const said = /request buffer limit|retry_buffer|buffer limit while retrying/i.exec(
    `${details} ${scene.complaint}`,
  );
  const about = aboutAttempts(scene);
  if (said === null && (about === undefined || about.got >= about.wanted)) return;
  const limit = scene.envoyFilters.find(({ spec }) =>
    JSON.stringify(spec).includes('per_request_buffer_limit_bytes'),
  );
  if (said === null && limit === undefined) return;
  return {
    cause: 'retry-buffer-exceeded',
    confidence: said === null ? 'likely' : 'certain',
    summary:
      'The request is larger than what the gateway keeps of it for another attempt, so there was none.',
    ...(limit && { change: at(limit, 'spec.configPatches', 'per_request_buffer_limit_bytes') }),
    because: [said === null ? (about?.text ?? '') : `${details} ${scene.complaint}`.trim()],
  };
};

/** Fewer attempts than wanted, and yet as many as the route has: more of them would be the client's to begin. */
export const usedUp: Rule = (scene) => {
  const about = aboutAttempts(scene);
  const { route, call } = scene;
  const attempts = route?.route.retries?.attempts ?? 0;
  if (about === undefined || route === undefined || call === undefined) return;
  if (about.got >= about.wanted || attempts === 0 || call.ledger.length <= attempts) return;
  if (call.gateway.some((line) => Number(line.attempts ?? 0) <= attempts)) return;
  const field = `${fieldOf(route)}.retries.attempts`;
  return {
    cause: 'attempts-used-up',
    confidence: 'certain',
    summary: `The route allows ${attempts} retries, and all were made. More come of a larger number there, or of a client that retries by itself.`,
    change: at(route.virtualService, field, attempts),
    because: [about.text],
  };
};

/** The services saw more attempts than the gateway made: somebody else tries again, too. */
export const retriedElsewhere: Rule = (scene) => {
  const about = aboutAttempts(scene);
  const { call } = scene;
  if (call === undefined || about === undefined || about.got <= about.wanted) return;
  const lines = call.gateway.length;
  const made = call.gateway.reduce((sum, line) => sum + Math.max(1, Number(line.attempts ?? 1)), 0);
  if (lines > 1) {
    return {
      cause: 'client-retries',
      confidence: 'certain',
      summary: `The client made ${lines} RPCs of one: it retries by itself, and each of its tries is retried by the gateway.`,
      because: [about.text, `The gateway logged ${lines} requests with one id.`],
    };
  }
  if (lines === 0 || call.ledger.length <= made) return;
  return {
    cause: 'retried-at-another-hop',
    confidence: 'certain',
    summary: `The gateway made ${made} of ${call.ledger.length} attempts. A proxy behind it, such as a sidecar, retries as well: attempts multiply by hop.`,
    because: [about.text, `The gateway logged ${made} attempts.`],
  };
};

/** More attempts than wanted. */
export const retriedTooMuch: Rule = (scene) => {
  const about = aboutAttempts(scene);
  const { route } = scene;
  if (about === undefined || route === undefined || about.got <= about.wanted || about.wanted === 0) return;
  const { retries } = route.route;
  const field = `${fieldOf(route)}.retries`;
  if (retries === undefined) {
    return {
      cause: 'retry-policy-default',
      confidence: 'certain',
      summary: "The route gives no retries, so Istio's default policy counts, and it retries.",
      change: at(
        route.virtualService,
        field,
        'nothing',
        setting(scene.evidence, route.virtualService, field, { attempts: 0 }),
      ),
      because: [about.text],
    };
  }
  const numbers = (retries.retryOn ?? '').split(',').every((name) => /^\d+$/.test(name.trim()));
  return {
    cause: numbers ? 'retry-on-http-status' : 'retried-too-much',
    confidence: 'certain',
    summary: numbers
      ? `retryOn names HTTP status ${retries.retryOn ?? ''}, which every gRPC reply has.`
      : `The route retries ${retries.attempts} times on ${retries.retryOn ?? "Istio's default"}.`,
    change: at(
      route.virtualService,
      `${field}.retryOn`,
      retries.retryOn ?? '',
      // What may be tried once has no use for the rest of the policy.
      about.wanted === 1 ? setting(scene.evidence, route.virtualService, field, { attempts: 0 }) : undefined,
    ),
    because: [about.text],
  };
};
