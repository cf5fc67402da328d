import { findInValue, patchesOf } from '../istio/envoy-filter.ts';
import type { Problem, Rule } from '../rule.ts';

export const bufferingFilter: Rule = {
  id: 'buffering-filter',
  title: 'A filter waits for whole requests',
  severity: 'warning',
  why: 'A filter that buffers hands a request on when its client has ended it. Client and bidirectional streams then get no answer while they are open, and a message over the buffer limit is refused with 413.',
  fix: 'Keep such filters away from gRPC: bind them to other hosts or ports, or read chunks instead of the body.',
  links: [
    'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/buffer_filter',
    'https://github.com/istio/istio/issues/55358',
  ],
  *check(configuration): Iterable<Problem> {
    for (const patch of patchesOf(configuration)) {
      const name = patch.at('patch', 'value', 'name');
      if (patch.at('patch', 'operation').text === 'REMOVE') continue;
      if (name.text === 'envoy.filters.http.buffer')
        yield { at: name, message: 'The buffer filter holds every request until it is complete.' };
      for (const code of findInValue(patch, 'inline_code')) {
        if (/request_handle\s*:\s*body\s*\(/.test(code.text ?? '')) {
          yield {
            at: code,
            message: 'This Lua asks for the body, so every request is held until it is complete.',
          };
        }
      }
    }
  },
};
