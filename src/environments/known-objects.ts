import type { KubernetesObject } from '@kubernetes/client-node';

/** What names an object; its version in the API does not. */
export const keyOf = ({ apiVersion, kind, metadata }: KubernetesObject) =>
  [apiVersion?.split('/')[0], kind, metadata?.namespace, metadata?.name].join(' ');

/** Changed by others than us: restarts, and their replicas. They are applied each time. */
const isShared = ({ kind }: KubernetesObject) => kind === 'Deployment';

/**
 * What a session has applied so far, so that of the next set only what differs has to be. A set has some twenty
 * objects, of which a sabotage changes one.
 */
export class KnownObjects {
  readonly #known = new Map<string, { readonly asWritten: string; readonly asApplied: KubernetesObject }>();

  /** Those of `objects` that are not known to be there as they are written. They are unknown until {@link took}. */
  unknown(objects: readonly KubernetesObject[]): KubernetesObject[] {
    const found = objects.filter(
      (object) => isShared(object) || this.#known.get(keyOf(object))?.asWritten !== JSON.stringify(object),
    );
    this.forget(found);
    return found;
  }

  /**
   * @param written objects as they were sent
   * @param applied the same as the API server returned them, in any order
   */
  took(written: readonly KubernetesObject[], applied: readonly KubernetesObject[]): void {
    const answers = new Map(applied.map((object) => [keyOf(object), object]));
    for (const object of written) {
      const asApplied = answers.get(keyOf(object));
      if (asApplied !== undefined)
        this.#known.set(keyOf(object), { asWritten: JSON.stringify(object), asApplied });
    }
  }

  /** As the API server returned them; without those that are unknown. */
  answersFor(objects: readonly KubernetesObject[]): KubernetesObject[] {
    return objects.flatMap((object) => this.#known.get(keyOf(object))?.asApplied ?? []);
  }

  /** After they were deleted, or when it is not certain what became of them. */
  forget(objects: readonly KubernetesObject[]): void {
    for (const object of objects) this.#known.delete(keyOf(object));
  }
}
