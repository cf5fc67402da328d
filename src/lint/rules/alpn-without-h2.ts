import { findInValue, patchesOf } from '../istio/envoy-filter.ts';
import type { Problem, Rule } from '../rule.ts';

export const alpnWithoutH2: Rule = {
  id: 'alpn-without-h2',
  title: 'A listener does not offer HTTP/2 by ALPN',
  severity: 'error',
  why: 'Over TLS a gRPC client asks for h2 by ALPN. Without it new clients refuse the connection ("missing selected ALPN property", grpc-go from 1.67) and older ones send HTTP/2 to a listener that expects HTTP/1.1.',
  fix: 'Add h2 to alpn_protocols, or leave them as Istio sets them.',
  links: ['https://github.com/grpc/grpc-go/issues/7922', 'https://github.com/istio/istio/issues/43957'],
  *check(configuration): Iterable<Problem> {
    for (const patch of patchesOf(configuration)) {
      if (patch.at('match', 'context').text?.startsWith('SIDECAR')) continue;
      if (!['LISTENER', 'FILTER_CHAIN'].includes(patch.at('applyTo').text ?? '')) continue;
      for (const list of findInValue(patch, 'alpn_protocols')) {
        const offered = list.texts;
        if (offered.length > 0 && !offered.includes('h2'))
          yield { at: list, message: `ALPN offers ${offered.join(', ')} and no h2.` };
      }
    }
  },
};
