import type { Sabotage } from '../../src/conformance/model.ts';
import { envoyFilter, jsonPatch } from '../patches.ts';

const ROUTES = ['VirtualService', 'grpc-fidelity'] as const;
const LISTENER = {
  context: 'GATEWAY',
  listener: { filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager' } } },
};

/** Puts an HTTP filter in front of the router. */
const httpFilter = (name: string, type: string, config: object): string =>
  envoyFilter(name, {
    applyTo: 'HTTP_FILTER',
    match: {
      ...LISTENER,
      listener: {
        filterChain: {
          filter: {
            ...LISTENER.listener.filterChain.filter,
            subFilter: { name: 'envoy.filters.http.router' },
          },
        },
      },
    },
    patch: {
      operation: 'INSERT_BEFORE',
      value: { name, typed_config: { '@type': `type.googleapis.com/${type}`, ...config } },
    },
  });

const lua = (code: string): string =>
  httpFilter('envoy.filters.http.lua', 'envoy.extensions.filters.http.lua.v3.Lua', {
    default_source_code: { inline_string: code },
  });

/** The route rewrites header fields, on both ways. It cannot touch trailers, but a trailers-only reply has none. */
export const headersRewritten = (caughtBy: string): Sabotage => ({
  name: 'headers rewritten by the route',
  change: {
    manifests: [
      jsonPatch(...ROUTES, {
        op: 'add',
        path: '/spec/http/0/headers',
        value: {
          request: { set: { 'x-text': 'rewritten' }, remove: ['x-repeated', 'x-blob-bin'] },
          response: {
            set: { 'x-text': 'rewritten', 'grpc-message': 'rewritten' },
            remove: ['x-repeated', 'x-blob-bin', 'grpc-status-details-bin'],
          },
        },
      }),
    ],
  },
  caughtBy,
});

/** A filter rewrites the trailers. */
export const trailersRewritten = (caughtBy: string): Sabotage => ({
  name: 'trailers rewritten by a Lua filter',
  change: {
    objects: [
      lua(`function envoy_on_response(response)
  for chunk in response:bodyChunks() do end
  local trailers = response:trailers()
  if trailers == nil then return end
  trailers:replace("grpc-message", "rewritten")
  trailers:replace("x-text", "rewritten")
  trailers:remove("grpc-status-details-bin")
end`),
    ],
  },
  caughtBy,
});

/** A filter changes the greeting in each reply, and nothing about its size. */
export const replyRewritten = (caughtBy: string): Sabotage => ({
  name: 'reply rewritten by a Lua filter',
  change: {
    objects: [
      lua(`function envoy_on_response(response)
  local body = response:body()
  if body == nil or body:length() == 0 then return end
  body:setBytes((string.gsub(body:getBytes(0, body:length()), "Hello", "Jello", 1)))
end`),
    ],
  },
  caughtBy,
});

/** A filter wants to see whole bodies: streams stand still, and what exceeds the buffer is refused. */
export const bodiesBuffered = (caughtBy: string): Sabotage => ({
  name: 'request bodies buffered by a Lua filter',
  change: {
    objects: [
      lua(`function envoy_on_request(request)
  request:body()
end`),
    ],
  },
  caughtBy,
});

/** Requests may not be larger than 8 KiB; Envoy lets those pass that it gets in one piece of 16 KiB (measured). */
export const requestLimit = (caughtBy: string): Sabotage => ({
  name: 'requests limited to 8 KiB',
  change: {
    objects: [
      httpFilter('envoy.filters.http.buffer', 'envoy.extensions.filters.http.buffer.v3.Buffer', {
        max_request_bytes: 8192,
      }),
    ],
  },
  caughtBy,
});

/** The header fields of a request may not be larger than 4 KiB together. */
export const requestHeaderLimit = (caughtBy: string): Sabotage => ({
  name: 'request headers limited to 4 KiB',
  change: {
    objects: [
      envoyFilter('header-limit', {
        applyTo: 'NETWORK_FILTER',
        match: LISTENER,
        patch: {
          operation: 'MERGE',
          value: {
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              max_request_headers_kb: 4,
            },
          },
        },
      }),
    ],
  },
  caughtBy,
});

/** The route's own timeout is shorter than what the client gave the server. */
export const routeTimeout = (caughtBy: string): Sabotage => ({
  name: 'route timeout of 2 s',
  change: {
    manifests: [jsonPatch(...ROUTES, { op: 'add', path: '/spec/http/0/timeout', value: '2s' })],
  },
  caughtBy,
});

/** The client takes any size. */
export const noClientLimit = (caughtBy: string): Sabotage => ({
  name: 'client without a limit',
  change: { invocation: { channelOptions: { 'grpc.max_receive_message_length': -1 } } },
  caughtBy,
});
