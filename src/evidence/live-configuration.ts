import { z } from 'zod';

/** What a gateway's Envoy really runs with, made comparable: every leaf of its configuration by its path. */
export interface LiveConfiguration {
  /** Envoy's own version, and its build. */
  readonly envoy: string;
  /** Leaves of config_dump without what differs from pod to pod and from push to push. */
  readonly leaves: Readonly<Record<string, string>>;
  /** Runtime keys that are set, with their final values. */
  readonly runtime: Readonly<Record<string, string>>;
  /** Settings that the gateway sends to an HTTP/2 client first. */
  readonly http2: Readonly<Record<string, string>>;
  /** Names of the HTTP filters of each filter chain, by listener and chain. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** What Envoy refused of its newest configuration. */
  readonly rejected: readonly string[];
}

/** How one changed into another. */
export interface LiveDifference {
  readonly envoy: readonly [before: string, after: string];
  readonly leaves: readonly Difference[];
  readonly runtime: readonly Difference[];
  readonly http2: readonly Difference[];
  /** Filters that one had and the other has not: an EnvoyFilter that no longer applies shows here. */
  readonly filtersGone: readonly { readonly chain: string; readonly filter: string }[];
  readonly filtersNew: readonly { readonly chain: string; readonly filter: string }[];
  /** What Envoy refuses now and did not before. */
  readonly rejected: readonly string[];
}

/** One leaf that differs; undefined where there is none. */
export interface Difference {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What says nothing about behaviour: it differs with each push, or holds keys. */
const VOLATILE = new Set(['version_info', 'last_updated', 'client_status', 'node', 'secret']);

/** Lists are read by these fields of their elements where they have one, so that one more element moves no other. */
const NAMES = ['name', 'key', '@type', 'prefix'] as const;

const runtimeShape = z.object({
  entries: z.record(z.string(), z.object({ final_value: z.string().default('') })).default({}),
});

/**
 * @param sources bodies of Envoy's admin endpoints, and the HTTP/2 settings as a client got them
 * @param ownWords what names this very pod (its name, its address), which is left out
 */
export function liveConfiguration(
  sources: {
    readonly serverInfo: string;
    readonly configDump: string;
    readonly runtime: string;
    readonly http2: Readonly<Record<string, unknown>>;
  },
  ownWords: readonly string[],
): LiveConfiguration {
  const { version = '' } = JSON.parse(sources.serverInfo) as { version?: string };
  const dump = JSON.parse(sources.configDump) as { configs?: readonly unknown[] };
  const leaves: Record<string, string> = {};
  for (const config of dump.configs ?? []) flatten(config, typeOf(config), leaves, ownWords);
  const { entries } = runtimeShape.parse(JSON.parse(sources.runtime));
  return {
    envoy: version,
    leaves,
    runtime: Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, value.final_value])),
    http2: Object.fromEntries(Object.entries(sources.http2).map(([key, value]) => [key, String(value)])),
    filters: filtersOf(leaves),
    rejected: Object.entries(leaves)
      .filter(([path]) => path.endsWith('error_state.details'))
      .map(([path, details]) => `${path}: ${details}`),
  };
}

const typeOf = (config: unknown): string =>
  ((config as Readonly<Record<string, unknown>>)['@type'] as string | undefined)?.split('.').at(-1) ?? '';

function flatten(
  value: unknown,
  path: string,
  into: Record<string, string>,
  ownWords: readonly string[],
): void {
  if (Array.isArray(value)) {
    const seen = new Map<string, number>();
    for (const [index, item] of value.entries()) {
      const name = elementName(item) ?? String(index);
      const count = seen.get(name) ?? 0;
      seen.set(name, count + 1);
      flatten(item, `${path}[${name}${count === 0 ? '' : `#${count}`}]`, into, ownWords);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value))
      if (!VOLATILE.has(key)) flatten(item, `${path}.${key}`, into, ownWords);
  } else into[without(path, ownWords)] = without(JSON.stringify(value), ownWords);
}

function elementName(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const fields = item as Readonly<Record<string, unknown>>;
  const named = [
    fields,
    ...Object.values(fields).filter((each) => typeof each === 'object' && each !== null),
  ];
  for (const each of named as readonly Readonly<Record<string, unknown>>[])
    for (const key of NAMES) if (typeof each[key] === 'string') return each[key];
  return undefined;
}

/** The harness's own marker has a new name with each push. */
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;

const without = (text: string, words: readonly string[]): string =>
  words
    .reduce((kept, word) => (word === '' ? kept : kept.replaceAll(word, '<pod>')), text)
    .replaceAll(UUID, '<id>');

const HTTP_FILTER = /^(?<chain>.*)\.http_filters\[(?<filter>[^\]]+)\]/;

function filtersOf(leaves: Readonly<Record<string, string>>): Record<string, string[]> {
  const chains: Record<string, Set<string>> = {};
  for (const path of Object.keys(leaves)) {
    const { chain, filter } = HTTP_FILTER.exec(path)?.groups ?? {};
    if (chain !== undefined && filter !== undefined) (chains[chain] ??= new Set()).add(filter);
  }
  return Object.fromEntries(Object.entries(chains).map(([chain, names]) => [chain, [...names]]));
}

/** How `after` differs from `before`. */
export function liveDifference(before: LiveConfiguration, after: LiveConfiguration): LiveDifference {
  return {
    envoy: [before.envoy, after.envoy],
    leaves: differences(before.leaves, after.leaves),
    runtime: differences(before.runtime, after.runtime),
    http2: differences(before.http2, after.http2),
    filtersGone: filtersOnlyIn(before, after),
    filtersNew: filtersOnlyIn(after, before),
    rejected: after.rejected.filter((each) => !before.rejected.includes(each)),
  };
}

function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Difference[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return paths
    .map((path) => ({ path, before: before[path], after: after[path] }))
    .filter((each) => each.before !== each.after);
}

function filtersOnlyIn(some: LiveConfiguration, others: LiveConfiguration): LiveDifference['filtersGone'] {
  return Object.entries(some.filters).flatMap(([chain, names]) =>
    names
      .filter((filter) => others.filters[chain]?.includes(filter) !== true)
      .map((filter) => ({ chain, filter })),
  );
}
