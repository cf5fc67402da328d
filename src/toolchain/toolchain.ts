import { mkdir, stat } from 'node:fs/promises';
import { HarnessError } from '../errors.ts';
import { builtKindPlan } from './built-kind.ts';
import { builtPlan, type BuiltOptions } from './built.ts';
import { findPrepared, prepare, type CacheOptions, type Prepared } from './cache.ts';
import { exclusively } from '../exclusively.ts';
import { tarballsOf, type KindToolchain, type MeshToolchain, type Plan, type Toolchain } from './plan.ts';
import { RegistryClient } from './registry.ts';
import { releasedKindPlan } from './released-kind.ts';
import { releasedPlan } from './released.ts';
import { SERVICES, bundleServices, type ServicesSource } from './services-image.ts';
import { installMissingPackages } from './system.ts';

export type { KindToolchain, MeshToolchain, Toolchain } from './plan.ts';

export interface ToolchainOptions extends CacheOptions {
  /**
   * `released`: the images that Kubernetes, kind and Istio release. `built`: everything out of package registries.
   * `auto`: what the cache has in full, else released where a registry answers, else built.
   */
  readonly images: 'auto' | 'built' | 'released';
  /** Version of the stock Envoy, for built images; default the pinned one. */
  readonly envoyVersion?: string;
  /** Istio's version; of built images there is only one. */
  readonly istioVersion?: string;
  /** Registry and path of Istio's images; default that of its releases. Of built images there is only one. */
  readonly hub?: string;
  /** Tag of Istio's images; default that of its version. Of built images there is only one. */
  readonly tag?: string;
  /** Where the sample services are; default the project's own. */
  readonly services?: ServicesSource;
}

/** How each source's plan is made. */
interface Plans<Result extends MeshToolchain> {
  readonly released: (
    registry: RegistryClient,
    options: BuiltOptions,
  ) => Plan<Result> | Promise<Plan<Result>>;
  readonly built: (options: BuiltOptions) => Promise<Plan<Result>>;
}

/**
 * Makes sure that everything a local mesh is made of is in the cache, fetching and building what is missing. With a
 * warm cache it takes well under a second. A second process waits for the first.
 *
 * @throws SetupError when something is missing that cannot be made
 * @throws InterruptedError when `signal` aborts; what is finished by then is kept
 */
export function ensureToolchain(options: ToolchainOptions): Promise<Toolchain> {
  return choose(options, { released: releasedPlan, built: builtPlan });
}

/**
 * The same for a kind cluster.
 *
 * @param ownDocker with a Docker daemon of our own
 */
export function ensureKindToolchain(options: ToolchainOptions, ownDocker: boolean): Promise<KindToolchain> {
  return choose(options, {
    released: (registry, all) => releasedKindPlan(registry, { ...all, ownDocker }),
    built: (all) => builtKindPlan({ ...all, ownDocker }),
  });
}

/** An image that can be made out of package registries. */
export interface BuiltImage {
  readonly ref: string;
  /** Its archive, and what is known of it; null when it has not been made. */
  readonly made: { readonly digest: string; readonly bytes: number; readonly file: string } | null;
}

/**
 * Every image of the given environments, made out of package registries alone; the same cache is what they run from.
 *
 * @param make false only looks what is there
 * @throws SetupError when one cannot be made
 * @throws InterruptedError when `signal` aborts; what is finished by then is kept
 */
export async function builtImages(
  environments: readonly ('local' | 'kind')[],
  options: CacheOptions & { readonly ownDocker: boolean; readonly make: boolean },
): Promise<BuiltImage[]> {
  const services = await bundleServices(SERVICES);
  const found = new Map<string, BuiltImage>();
  for (const environment of environments) {
    const by = { local: builtPlan, kind: builtKindPlan }[environment];
    const plan = await by({ ...options, services });
    if (options.make) await ensure(plan, options);
    for (const image of plan.images) {
      const prepared = await findPrepared(options.home, [image.artefact]);
      const [tarball] = prepared ? tarballsOf([image], prepared) : [];
      const { ref } = image;
      if (tarball === undefined) found.set(ref, { ref, made: null });
      else {
        const { digest, file } = tarball;
        found.set(ref, { ref, made: { digest, file, bytes: (await stat(file)).size } });
      }
    }
  }
  return [...found.values()].sort((one, other) => (one.ref < other.ref ? -1 : 1));
}

async function choose<Result extends MeshToolchain>(
  options: ToolchainOptions,
  by: Plans<Result>,
): Promise<Omit<Result, 'why'> & { why: string }> {
  const registry = new RegistryClient();
  const services = await bundleServices(options.services ?? SERVICES);
  const plans = {
    released: () => by.released(registry, { ...options, services }),
    built: () => by.built({ ...options, services }),
  };
  if (options.images !== 'auto') return complete(await plans[options.images](), 'asked for', options);

  // What was asked for may rule one of them out: a version of Envoy or of Istio.
  const [released, built] = await Promise.all([orRefusal(plans.released), orRefusal(plans.built)]);
  if (released instanceof HarnessError) return complete(orThrow(built), released.message, options);
  if (built instanceof HarnessError) return complete(released, built.message, options);
  // A registry that the user names is meant to be used.
  for (const plan of registry.inPlace === '' ? [released, built] : [released])
    if (await findPrepared(options.home, plan.lasting))
      return complete(plan, 'already in the cache', options);
  const answers = await registry.answers(options.signal);
  const why = answers ? 'an image registry answers' : 'no image registry answers';
  const plan = answers ? released : built;
  options.progress.note(`using ${plan.source} images: ${why}`);
  return complete(plan, why, options);
}

/** A plan, or the reason why there is none for what was asked. */
async function orRefusal<T>(planning: () => T | Promise<T>): Promise<T | HarnessError> {
  try {
    return await planning();
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
}

function orThrow<T>(plan: T | HarnessError): T {
  if (plan instanceof HarnessError) throw plan;
  return plan;
}

async function complete<Result extends MeshToolchain>(
  plan: Plan<Result>,
  why: string,
  options: CacheOptions,
): Promise<Omit<Result, 'why'> & { why: string }> {
  return { ...plan.describe(await ensure(plan, options)), why };
}

async function ensure(plan: Pick<Plan, 'wanted' | 'packages'>, options: CacheOptions): Promise<Prepared> {
  const { home, progress, signal } = options;
  const { wanted } = plan;
  await installMissingPackages(plan.packages.toRun, progress, signal);
  // Nothing to build, nothing to lock: many meshes may start at once on a warm cache.
  const ready = await findPrepared(home, wanted);
  if (ready) return ready;
  const waiting = (pid: string): void =>
    progress.note(`waiting for process ${pid}, which is building into ${home}`);
  return exclusively(home, waiting, signal, async () => {
    const builtMeanwhile = await findPrepared(home, wanted);
    if (builtMeanwhile) return builtMeanwhile;
    await mkdir(home, { recursive: true });
    await installMissingPackages(plan.packages.toBuild, progress, signal);
    return prepare(wanted, options);
  });
}
