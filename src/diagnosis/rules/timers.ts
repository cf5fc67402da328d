import { at } from '../naming.ts';
import { removing, setting } from '../patching.ts';
import type { Rule } from '../rule.ts';
import { fieldOf } from '../routing-table.ts';
import type { Scene } from '../scene.ts';
import { logged, seen } from '../wording.ts';
import { setBy } from './envoy-filters.ts';

/** The disagreement says that a timer was to end the RPC, and it did not, or not then. */
const wantedATimer = (scene: Scene): boolean =>
  scene.evidence.disagreements.some(
    ({ what, expected, got }) =>
      what.startsWith('time to the status') ||
      (what.includes('responseFlags') && /\b(UT|SI|DT|UMSDR)\b/.test(expected)) ||
      what.startsWith('route timeout') ||
      (what.startsWith('grpc-timeout') && got === 'nothing') ||
      what.includes("client's connections"),
  ) || ownTimer(scene);

/** In the mesh the client's own library, or its proxy, has the route's timer: it was to fire, and did not. */
const ownTimer = (scene: Scene): boolean =>
  scene.call?.request.inMesh !== undefined &&
  scene.route?.route.timeout !== undefined &&
  scene.evidence.disagreements.some(
    ({ what, expected, got }) =>
      what === 'grpc-status' && expected === 'DEADLINE_EXCEEDED' && got.startsWith('OK'),
  );

/** SI: no byte passed on the stream for too long. */
export const streamIdle: Rule = (scene) => {
  if (!scene.verdictOfGateway.flags.includes('SI') && !scene.verdictOfGateway.details.includes('stream_idle'))
    return;
  const place = setBy(scene, 'stream_idle_timeout');
  return {
    cause: 'stream-idle-timeout',
    confidence: 'certain',
    summary: `Nothing passed on the stream for longer than ${place === undefined ? "Envoy's five minutes" : String(place.value)}, so the gateway ended it.`,
    ...(place && {
      change: at(
        place.filter,
        place.field,
        place.value,
        // Zero switches it off.
        setting(scene.evidence, place.filter, place.field, '0s'),
      ),
    }),
    because: [logged(scene), ...seen(scene)],
  };
};

/** DT, or its reply: the stream as a whole took too long. A client's own deadline reaches Envoy as the same timer. */
export const streamDuration: Rule = (scene) => {
  const { flags, details } = scene.verdictOfGateway;
  if (
    !flags.some((flag) => flag === 'DT' || flag === 'UMSDR') &&
    !/max_duration|duration_timeout/.test(details)
  )
    return;
  const place = setBy(scene, 'max_stream_duration');
  if (place === undefined) return;
  return {
    cause: 'max-stream-duration',
    confidence: 'certain',
    summary: `No stream may last longer than ${String(place.value)}, however busy it is.`,
    change: at(place.filter, place.field, place.value, removing(scene.evidence, place.filter, place.field)),
    because: [logged(scene), ...seen(scene)],
  };
};

/** The retries of a route differ in nothing but the time of a try: `3 on unavailable per 1s`. */
const perTryDiffers = ({ expected, got }: { expected: string; got: string }): boolean => {
  const withoutTime = (text: string) => text.replace(/ per \S+$/, '');
  return expected !== got && withoutTime(expected) === withoutTime(got);
};

/** The try's own timer fired, or was to fire and did not. */
export const perTry: Rule = (scene) => {
  const { route } = scene;
  const perTryTimeout = route?.route.retries?.perTryTimeout;
  if (route === undefined || perTryTimeout === undefined) return;
  const fired = scene.verdictOfGateway.details.includes('per_try_timeout');
  const missed = scene.disagreement(/ended by the per-try timeout/);
  const programmed = scene.disagreement(/^route retries/);
  if (!fired && missed === undefined && !(programmed && perTryDiffers(programmed))) return;
  return {
    cause: 'per-try-timeout',
    confidence: 'certain',
    summary: `Each attempt has ${perTryTimeout}.`,
    change: at(
      route.virtualService,
      `${fieldOf(route)}.retries.perTryTimeout`,
      perTryTimeout,
      fired
        ? removing(scene.evidence, route.virtualService, `${fieldOf(route)}.retries.perTryTimeout`)
        : undefined,
    ),
    because: [logged(scene), ...seen(scene)],
  };
};

/** UT, or the service was given less time than the client gave: the route has a timeout. */
export const routeTimeout: Rule = (scene) => {
  const { route } = scene;
  const timeout = route?.route.timeout;
  if (route === undefined || timeout === undefined) return;
  const { flags, details } = scene.verdictOfGateway;
  const fired = flags.includes('UT') || /response_timeout|request_timeout/.test(details);
  const shortened = scene.disagreement(/grpc-timeout|deadline|^route timeout|x-meshproof-grpc-timeout/);
  const missed = scene.disagreement(/ended by the route timeout|^route timeout/);
  if (!fired && shortened === undefined && missed === undefined) return;
  return {
    cause: 'route-timeout',
    confidence: fired || missed !== undefined ? 'certain' : 'likely',
    summary: `The route has a timeout of ${timeout}: it ends a stream however busy it is, and shortens every deadline.`,
    change: at(
      route.virtualService,
      fieldOf(route, 'timeout'),
      timeout,
      // A shorter one than was wanted is not to be taken away.
      missed === undefined
        ? removing(scene.evidence, route.virtualService, fieldOf(route, 'timeout'))
        : undefined,
    ),
    because: [logged(scene), ...seen(scene)],
  };
};

/** What was to be ended went on. */
export const timerAbsent: Rule = (scene) => {
  const { route } = scene;
  const { flags } = scene.verdictOfGateway;
  if (
    !wantedATimer(scene) ||
    route === undefined ||
    flags.some((flag) => ['UT', 'SI', 'DT', 'UMSDR'].includes(flag))
  )
    return;
  if (route.route.timeout !== undefined && !ownTimer(scene)) return;
  return {
    cause: 'timer-absent',
    confidence: 'likely',
    summary: 'No timer of the route or of the listener ended the RPC.',
    change: at(route.virtualService, fieldOf(route, 'timeout'), route.route.timeout),
    because: [logged(scene), ...seen(scene)],
  };
};
