import { durationMs } from '../istio/duration.ts';
import { named } from '../istio/caught-methods.ts';
import { findInValue, patchesOf } from '../istio/envoy-filter.ts';
import type { Problem, Rule } from '../rule.ts';

const LIMITS: Readonly<Record<string, string>> = {
  max_stream_duration: 'ends every stream that is older, however busy it is',
  stream_idle_timeout: 'resets every stream that is quiet for so long; HTTP/2 pings do not count',
};

export const streamLimit: Rule = {
  id: 'stream-limit',
  title: 'A listener limits how long streams may live or be quiet',
  severity: 'warning',
  why: 'These timers are for the stream as a whole: an RPC that is still open gets RST_STREAM, 14 UNAVAILABLE, and SI or DT in the access log.',
  fix: 'Set it to 0s, or above the longest life or silence of your streams.',
  links: [
    'https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts',
    'https://github.com/istio/istio/issues/55831',
    'https://github.com/istio/istio/issues/24565',
  ],
  *check(configuration): Iterable<Problem> {
    const streaming = (configuration.surroundings.methods ?? []).filter(({ streams }) => streams);
    if (streaming.length === 0) return;
    for (const patch of patchesOf(configuration)) {
      for (const [name, effect] of Object.entries(LIMITS)) {
        for (const limit of findInValue(patch, name)) {
          if ((durationMs(limit.text) ?? 0) === 0) continue;
          yield { at: limit, message: `It ${effect}: ${named(streaming)}.` };
        }
      }
    }
  },
};
