import { asDisagreed, at, nameOf } from '../naming.ts';
import type { Disagreement } from '../evidence.ts';
import type { Typed } from '../istio-objects.ts';
import type { Rule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { logged, seen } from '../wording.ts';
import { setBy } from './envoy-filters.ts';

const POOL = 'spec.trafficPolicy.connectionPool.http';

/** The gateway was to say so by a flag, and did not. */
const flagMissed = ({ evidence }: Scene, flag: string): Disagreement | undefined =>
  evidence.disagreements.find(
    ({ what, expected }) => what === 'access log responseFlags' && expected === flag,
  );

/** The line to change; where there is no rule, none can be named. */
const changeOf = (rule: Typed<unknown> | undefined, field: string, found: unknown) =>
  rule === undefined ? {} : { change: at(rule, field, found) };

/** Of a service that has no endpoint to give, either its pods are not there, or they were taken out. */
export const endpoints: Rule = (scene) => {
  const { flags, details } = scene.verdictOfGateway;
  const service = scene.services.find(({ name }) => name === scene.calledService);
  const rule = scene.destinationRule;
  const ejecting = rule?.spec.trafficPolicy?.outlierDetection === undefined ? undefined : rule;
  if (flags.includes('UH')) {
    const because = [`The gateway logged UH ${details}.`];
    const hasPods = scene.calledDeployments.some(({ spec }) => spec.replicas > 0);
    if (ejecting !== undefined && hasPods) {
      return {
        cause: 'endpoint-ejected',
        confidence: 'likely',
        summary: `${nameOf(ejecting)} takes endpoints out that fail in a row, and all of ${ejecting.spec.host} are out.`,
        change: at(
          ejecting,
          'spec.trafficPolicy.outlierDetection',
          ejecting.spec.trafficPolicy?.outlierDetection,
        ),
        because,
      };
    }
    return {
      cause: 'no-healthy-upstream',
      confidence: 'certain',
      summary: `${service?.name ?? 'The service'} has no endpoint that is ready.`,
      ...(service && { change: at(service, 'spec.selector', service.spec.selector) }),
      because,
    };
  }
  const missed = flagMissed(scene, 'UH');
  // A subset may have had no pods, and have some now.
  const subset = scene.route?.route.route[0]?.destination.subset;
  if (missed === undefined || ejecting !== undefined || subset !== undefined) return;
  return {
    cause: 'endpoint-not-ejected',
    confidence: 'likely',
    summary: `No DestinationRule has outlierDetection for ${scene.calledService ?? 'the service'}, so its endpoints stay in, however they answer.`,
    ...changeOf(rule, 'spec.trafficPolicy.outlierDetection', undefined),
    because: [asDisagreed(missed)],
  };
};

/** The limit that the gateway has for a service: `5 requests, 4294967295 retries, 1 connections`. */
const requestsIn = (text: string): number => Number(/(\d+) requests/.exec(text)?.[1] ?? NaN);

/** A circuit breaker is open: what is one too many is answered by the gateway, and no server hears of it. */
export const requests: Rule = (scene) => {
  const { flags, details } = scene.verdictOfGateway;
  const programmed = scene.disagreement(/^circuit breakers/);
  if (programmed !== undefined) return programmedLimit(scene, programmed);
  const rule = scene.destinationRule;
  const limit = rule?.spec.trafficPolicy?.connectionPool?.http?.http2MaxRequests;
  if (flags.includes('UO') && details.includes('overflow')) {
    return {
      cause: 'requests-limited',
      confidence: 'certain',
      summary:
        rule === undefined || limit === undefined
          ? 'More RPCs were under way than the gateway lets through to this service.'
          : `${nameOf(rule)} lets ${limit} RPCs be under way at once, to all pods together.`,
      ...changeOf(rule, `${POOL}.http2MaxRequests`, limit),
      because: [`The gateway logged ${flags.join(',')} ${details}.`],
    };
  }
  const missed = flagMissed(scene, 'UO') ?? tooManyIn(scene, limit);
  if (missed === undefined || (scene.call?.ledger.length ?? 0) > 1) return;
  return {
    cause: 'requests-not-limited',
    confidence: 'likely',
    summary:
      rule === undefined
        ? `No DestinationRule limits the RPCs to ${scene.calledService ?? 'the service'}.`
        : `${nameOf(rule)} lets ${limit ?? 'any number of'} RPCs be under way at once, and this one was within it.`,
    ...changeOf(rule, `${POOL}.http2MaxRequests`, limit),
    because: [asDisagreed(missed)],
  };
};

/** A limit there is, and more RPCs went to a pod than were to go. */
const tooManyIn = ({ evidence }: Scene, limit: number | undefined): Disagreement | undefined =>
  limit === undefined
    ? undefined
    : evidence.disagreements.find(
        ({ what, expected }) => what.startsWith('RPCs answered by') && expected.startsWith('at most'),
      );

/** What the gateway is configured with, without any call. */
function programmedLimit(scene: Scene, about: Disagreement): ReturnType<Rule> {
  const [wanted, got] = [requestsIn(about.expected), requestsIn(about.got)];
  if (!(wanted !== got)) return;
  const rule = scene.destinationRules.find(
    ({ spec }) => spec.trafficPolicy?.connectionPool?.http?.http2MaxRequests === got,
  );
  return {
    cause: got < wanted ? 'requests-limited' : 'requests-not-limited',
    confidence: 'certain',
    summary: `The gateway lets ${got} RPCs be under way at once${rule === undefined ? '' : `, by ${nameOf(rule)}`}.`,
    ...changeOf(rule, `${POOL}.http2MaxRequests`, got),
    because: [asDisagreed(about)],
  };
}

/** While one RPC was tried again there was to be no room for another one's retry. */
export const retries: Rule = (scene) => {
  const missed = flagMissed(scene, 'UO');
  if (missed === undefined || (scene.call?.ledger.length ?? 0) < 2) return;
  const rule = scene.destinationRule;
  const pool = rule?.spec.trafficPolicy?.connectionPool?.http?.maxRetries;
  const budget = rule?.spec.trafficPolicy?.retryBudget;
  return {
    cause: 'retries-not-limited',
    confidence: 'certain',
    summary: `${rule === undefined ? 'No DestinationRule' : nameOf(rule)} ${pool === undefined && budget === undefined ? 'limits no retries' : 'leaves room for another retry'}${rule === undefined ? ' of this service' : ''}, so every failure may be tried again at once.`,
    ...changeOf(rule, `${POOL}.maxRetries`, pool ?? budget),
    because: [logged(scene), asDisagreed(missed)],
  };
};

/** How many streams a client's connection may have, as SETTINGS tells it. */
export const streams: Rule = (scene) => {
  const about = scene.disagreement(/^RPCs at once/);
  const place = setBy(scene, 'max_concurrent_streams');
  if (about === undefined || place === undefined) return;
  return {
    cause: 'streams-of-connection',
    confidence: 'certain',
    summary: `${nameOf(place.filter)} lets a connection have ${String(place.value)} streams at once.`,
    change: at(place.filter, place.field, place.value),
    because: [asDisagreed(about)],
  };
};

/** A server was not held back by a client that does not read. */
export const windows: Rule = (scene) => {
  const about = scene.disagreement(/^reply messages sent/);
  const most = Number(/(?:to|at most) (\d+)/.exec(about?.expected ?? '')?.[1] ?? NaN);
  if (about === undefined || !(Number(about.got) > most)) return;
  const place = setBy(scene, 'initial_stream_window_size');
  const filter = place?.filter ?? scene.envoyFilters[0];
  return {
    cause: 'windows-too-large',
    confidence: 'likely',
    summary: `The service could send ${about.got} messages that its client had not read: the windows and buffers between them have room for all${place === undefined ? ", as Envoy's own have (16 MiB for a stream)" : ''}.`,
    ...(filter && { change: at(filter, place?.field ?? 'spec.configPatches', place?.value) }),
    because: seen(scene),
  };
};
