import type { MeshRequest } from '../environments/request.ts';
import { UsageError } from '../errors.ts';
import type { Versions } from '../report/upgrade/upgrade.ts';

/** How another Istio takes the place of the one that runs. */
export const STRATEGIES = ['in-place', 'canary', 'gateway-first'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** What is asked of one side of an upgrade. */
export interface AskedSide {
  readonly versions: Versions;
  readonly request: MeshRequest;
}

/** Both sides, and whether nothing but the gateway's proxy is another one. */
export interface AskedSides {
  readonly from: AskedSide;
  readonly to: AskedSide;
  readonly proxyOnly: boolean;
}

/** What `--from` and `--to` may say, and what of a mesh it is. */
const COMPONENTS = {
  envoy: 'envoyVersion',
  istio: 'istioVersion',
  hub: 'hub',
  tag: 'tag',
} as const satisfies Record<string, keyof MeshRequest>;
const isComponent = (key: string): key is keyof typeof COMPONENTS => Object.hasOwn(COMPONENTS, key);

/** @throws UsageError when that names no upgrade */
export function sidesOf(options: {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly set?: readonly string[];
  readonly strategy: Strategy;
}): AskedSides {
  const { set = [], strategy } = options;
  const from = versionsOf('--from', options.from);
  const to: Versions = { ...versionsOf('--to', options.to), ...(set.length > 0 && { set: set.join(' ') }) };
  const hasEnvoy = 'envoy' in from;
  if (hasEnvoy !== 'envoy' in to)
    throw new UsageError('--from and --to must both say which envoy, or neither');
  const istios = Object.keys({ ...from, ...to }).filter((key) => key !== 'envoy' && key !== 'set');
  if (hasEnvoy && istios.length > 0)
    throw new UsageError(
      `envoy cannot go with ${istios.join(' and ')}: a release of Istio has an Envoy of its own`,
      {
        hint: 'Give envoy alone, for the stock Envoy of built images.',
      },
    );
  const same = Object.keys({ ...from, ...to }).every((key) => from[key] === to[key]);
  if (same)
    throw new UsageError(
      options.to.length === 0
        ? 'nothing is given that the upgrade would change'
        : `--from and --to both say ${options.to.join(' ')}`,
      { hint: 'Give versions by --from and --to, or settings of the new Istio by --set.' },
    );
  if (strategy === 'gateway-first' && set.length > 0 && withoutSet(to) === withoutSet(from))
    throw new UsageError('--strategy gateway-first needs another proxy, and only --set differs', {
      hint: 'Take in-place or canary.',
    });
  return {
    from: { versions: from, request: requestOf(from, []) },
    to: { versions: to, request: requestOf(to, set) },
    proxyOnly: hasEnvoy && set.length === 0 && strategy !== 'canary',
  };
}

const withoutSet = ({ set: _, ...rest }: Versions): string => JSON.stringify(Object.entries(rest).sort());

/** `key=version`, each key once. @throws UsageError */
function versionsOf(flag: string, given: readonly string[]): Versions {
  const pairs = given.map((text) => {
    const [, key = '', version] = /^([a-z]+)=([\w./:-]+)$/.exec(text) ?? [];
    if (version === undefined)
      throw new UsageError(`${flag} ${JSON.stringify(text)} names no version`, {
        hint: `Write it as component=version, such as ${flag} istio=1.31.0.`,
      });
    if (!isComponent(key))
      throw new UsageError(`"${key}" is nothing that can be upgraded here`, {
        hint: `There are: ${Object.keys(COMPONENTS).join(', ')}.`,
      });
    return [key, version] as const;
  });
  return Object.fromEntries(pairs);
}

function requestOf(versions: Versions, set: readonly string[]): MeshRequest {
  const asked = Object.entries(versions).flatMap(([key, version]) =>
    isComponent(key) ? [[COMPONENTS[key], version] as const] : [],
  );
  return {
    images: 'envoy' in versions ? 'built' : 'auto',
    ...Object.fromEntries(asked),
    ...(set.length > 0 ? { set: [...set] } : {}),
  };
}
