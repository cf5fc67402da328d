import { allHttpRoutes } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

export const disabledRetries: Rule = {
  id: 'disabled-retries',
  title: 'A retry policy without attempts',
  severity: 'error',
  why: 'attempts: 0, which is also what a missing attempts means, switches retries off, and Istio refuses any policy beside it ("http retry policy configured when attempts are set to 0").',
  fix: 'Say how many retries there shall be, or leave the other fields out.',
  links: ['https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry'],
  *check(configuration): Iterable<Problem> {
    for (const route of allHttpRoutes(configuration)) {
      const retries = route.at('retries');
      const attempts = retries.at('attempts');
      if (attempts.exists && attempts.value !== 0) continue;
      const policy = ['perTryTimeout', 'retryOn', 'retryRemoteLocalities'].find(
        (name) => retries.at(name).exists,
      );
      if (policy === undefined) continue;
      yield {
        at: attempts.exists ? attempts : retries.at(policy),
        message: `${policy} is given, but attempts is ${attempts.exists ? '0' : 'missing'}.`,
      };
    }
  },
};
