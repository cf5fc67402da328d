import { durationMs } from '../istio/duration.ts';
import { isFrom } from '../istio/version.ts';
import { allHttpRoutes } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

/** The oldest release that public reports name as refusing it; 1.31 was measured to. */
const REFUSED_FROM = [1, 24] as const;

export const zeroTimeout: Rule = {
  id: 'zero-timeout',
  title: 'A timeout of 0s, which Istio refuses',
  severity: 'error',
  why: 'The CRD demands "a valid duration greater than 1ms": the whole object is refused at admission. In older releases 0s meant no timeout, which is what leaving the field out means in all of them.',
  fix: 'Leave the field out: without it the route has no timeout.',
  links: ['https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute'],
  *check(configuration): Iterable<Problem> {
    const { istioVersion } = configuration.surroundings;
    if (!isFrom(istioVersion, ...REFUSED_FROM)) return;
    for (const route of allHttpRoutes(configuration)) {
      for (const field of [route.at('timeout'), route.at('retries', 'perTryTimeout')]) {
        if ((durationMs(field.text) ?? 1) >= 1) continue;
        yield {
          at: field,
          message: `Istio ${istioVersion} refuses ${String(field.path.at(-1))}: ${String(field.text)}.`,
        };
      }
    }
  },
};
