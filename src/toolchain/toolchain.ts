import { mkdir } from 'node:fs/promises';
import { HarnessError } from '../errors.ts';
import { builtPlan } from './built.ts';
import { findPrepared, prepare, type CacheOptions, type Prepared } from './cache.ts';
import { asOnlyBuilder } from './lock.ts';
import type { Plan, Toolchain } from './plan.ts';
import { RegistryClient } from './registry.ts';
import { releasedPlan } from './released.ts';
import { SERVICES, bundleServices, type ServicesSource } from './services-image.ts';
import { installMissingPackages } from './system.ts';

export type { Toolchain } from './plan.ts';

interface ToolchainOptions extends CacheOptions {
  /**
   * `released`: the images that Kubernetes, kind and Istio release. `built`: everything out of package registries.
   * `auto`: what the cache has in full, else released where a registry answers, else built.
   */
  readonly images: 'auto' | 'built' | 'released';
  /** Version of the stock Envoy, for built images; default the pinned one. */
  readonly envoyVersion?: string;
  /** Istio's version; of built images there is only one. */
  readonly istioVersion?: string;
  /** Where the sample services are; default the project's own. */
  readonly services?: ServicesSource;
}

/**
 * Makes sure that everything a mesh is made of is in the cache, fetching and building what is missing. With a
 * warm cache it takes well under a second. A second process waits for the first.
 *
 * @throws SetupError when something is missing that cannot be made
 * @throws InterruptedError when `signal` aborts; what is finished by then is kept
 */
export async function ensureToolchain(options: ToolchainOptions): Promise<Toolchain> {
  const registry = new RegistryClient();
  const services = await bundleServices(options.services ?? SERVICES);
  const plans = {
    released: () => releasedPlan(registry, { ...options, services }),
    built: () => builtPlan({ ...options, services }),
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
async function orRefusal(planning: () => Plan | Promise<Plan>): Promise<Plan | HarnessError> {
  try {
    return await planning();
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
}

function orThrow(plan: Plan | HarnessError): Plan {
  if (plan instanceof HarnessError) throw plan;
  return plan;
}

async function complete(plan: Plan, why: string, options: CacheOptions): Promise<Toolchain> {
  return { ...plan.describe(await ensure(plan, options)), why };
}

async function ensure(plan: Plan, options: CacheOptions): Promise<Prepared> {
  const { home, progress, signal } = options;
  const { wanted } = plan;
  await installMissingPackages(plan.packages.toRun, progress, signal);
  // Nothing to build, nothing to lock: many meshes may start at once on a warm cache.
  const ready = await findPrepared(home, wanted);
  if (ready) return ready;
  const waiting = (pid: string): void =>
    progress.note(`waiting for process ${pid}, which is building into ${home}`);
  return asOnlyBuilder(home, waiting, signal, async () => {
    const builtMeanwhile = await findPrepared(home, wanted);
    if (builtMeanwhile) return builtMeanwhile;
    await mkdir(home, { recursive: true });
    await installMissingPackages(plan.packages.toBuild, progress, signal);
    return prepare(wanted, options);
  });
}
