import { join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { manifestFolder, sampleServices } from '../environments/samples.ts';
import { SetupError, UsageError } from '../errors.ts';
import { type Kustomization, render } from '../kubernetes/manifests.ts';
import { type PatchEntry, patchesAny } from '../kubernetes/patches.ts';
import { PROJECT_ROOT } from '../paths.ts';

/**
 * What one configuration is made of: a folder below the project's root, which is applied beside all sample services; or
 * objects as they are, beside nothing but the collector of the ledger.
 */
export type ConfigurationSource = string | readonly KubernetesObject[];

/** What the configurations of a run are made of. */
export interface ConfigurationSources {
  readonly configurations: Readonly<Record<string, ConfigurationSource>>;
  /** Image of the sample services. */
  readonly servicesImage: string;
  /** Further objects of every configuration: the gateway's Secret. */
  readonly objects: readonly KubernetesObject[];
  /** The user's own patches (`--patch`). Each changes the configurations that have its object. */
  readonly patches: readonly PatchEntry[];
}

const sameName = (a: KubernetesObject, b: KubernetesObject): boolean =>
  a.kind === b.kind &&
  a.metadata?.name === b.metadata?.name &&
  a.metadata?.namespace === b.metadata?.namespace;

/** Renders the configurations of a run. */
export class Configurations {
  readonly #sources: ConfigurationSources;
  /** Without patches, by name: rendered once. */
  readonly #plain = new Map<string, Promise<KubernetesObject[]>>();

  constructor(sources: ConfigurationSources) {
    this.#sources = sources;
  }

  /**
   * The objects of a configuration, changed by a sabotage and then by the user.
   *
   * @param added what a sabotage brings along; it stands in for an object of the same kind and name
   * @throws UsageError when a sabotage's patch fits no object
   */
  async objects(
    name: string,
    sabotage: readonly PatchEntry[],
    added: readonly KubernetesObject[],
  ): Promise<KubernetesObject[]> {
    const plain = await this.#render(name);
    const own = this.#sources.patches.filter((patch) => patchesAny(patch, plain));
    const misfit = sabotage.find((patch) => !patchesAny(patch, [...plain, ...added]));
    if (misfit)
      throw new UsageError(`a patch fits no object of the configuration "${name}":\n${misfit.patch}`);
    if (own.length + sabotage.length + added.length === 0) return plain;
    const kustomization = this.#kustomization(name);
    const kept = kustomization.objects.filter((object) => !added.some((each) => sameName(each, object)));
    return render({
      ...kustomization,
      objects: [...kept, ...added],
      patches: [...sabotage, ...own],
    });
  }

  /** @throws UsageError when one of the user's patches fits no object of any of `names` */
  async checkPatches(names: readonly string[]): Promise<void> {
    const all = (await Promise.all(names.map((name) => this.#render(name)))).flat();
    const misfit = this.#sources.patches.find((patch) => !patchesAny(patch, all));
    if (!misfit) return;
    const about = misfit.target ? JSON.stringify(misfit.target) : misfit.patch.trim();
    throw new UsageError(`a patch fits no object of what would be applied:\n${about}`, {
      hint: `Check its kind, name and namespace. Applied would be: ${[...new Set(all.map((object) => `${object.kind ?? ''} ${object.metadata?.name ?? ''}`))].join(', ')}.`,
    });
  }

  #render(name: string): Promise<KubernetesObject[]> {
    const known = this.#plain.get(name) ?? render(this.#kustomization(name));
    this.#plain.set(name, known);
    return known;
  }

  #kustomization(name: string): Kustomization & Pick<Required<Kustomization>, 'objects'> {
    const source = this.#sources.configurations[name];
    if (source === undefined) throw new SetupError(`there is no configuration called "${name}"`);
    const services = sampleServices(this.#sources.servicesImage);
    if (typeof source !== 'string') {
      const collector = join(manifestFolder('services'), 'collector.yaml');
      return { ...services, resources: [collector], objects: [...source, ...this.#sources.objects] };
    }
    return {
      ...services,
      resources: [...services.resources, join(PROJECT_ROOT, source)],
      objects: this.#sources.objects,
    };
  }
}
