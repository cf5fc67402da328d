import { Field, type LintObject } from './field.ts';
import { groupMeant } from './istio/api.ts';
import type { ProtoMethod } from './protos.ts';

/** What rules may know beside the objects. */
export interface Surroundings {
  /** Version of Istio that the objects are for, as `1.31` or `1.31.0`. */
  readonly istioVersion: string;
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** Istio's own namespace, where its ingress gateway's pods and Secrets are by default. */
  readonly istioNamespace: string;
  /** Methods of the services behind the configuration; nothing where no protos were given. */
  readonly methods?: readonly ProtoMethod[];
}

/** The group of an `apiVersion`; empty for the core group. */
export function groupOf(root: Field): string {
  const [group = '', version] = (root.at('apiVersion').text ?? '').split('/');
  return version === undefined ? '' : group;
}

/** Objects that are applied together. */
export class Configuration {
  readonly objects: readonly Field[];
  readonly surroundings: Surroundings;
  readonly #byKind: ReadonlyMap<string, readonly Field[]>;

  constructor(objects: readonly LintObject[], surroundings: Surroundings) {
    this.objects = objects.map((object) => new Field(object));
    this.surroundings = surroundings;
    this.#byKind = Map.groupBy(this.objects, (root) => {
      const kind = root.at('kind').text ?? '';
      // What is wrong with an object beside its group is told at once.
      return `${groupMeant(groupOf(root), kind) ?? groupOf(root)}/${kind}`;
    });
  }

  /** The objects of a kind, whatever their version. @param group empty for the core group */
  ofKind(group: string, kind: string): readonly Field[] {
    return this.#byKind.get(`${group}/${kind}`) ?? [];
  }

  /** The objects of one of Istio's networking kinds. */
  networking(kind: 'VirtualService' | 'Gateway' | 'DestinationRule' | 'EnvoyFilter'): readonly Field[] {
    return this.ofKind('networking.istio.io', kind);
  }

  namespaceOf(field: Field): string {
    return field.root.at('metadata', 'namespace').text ?? this.surroundings.namespace;
  }

  nameOf(field: Field): string {
    return field.root.at('metadata', 'name').text ?? '';
  }

  /** `VirtualService default/grpc-vs`. */
  describe(field: Field): string {
    return `${field.root.at('kind').text ?? 'object'} ${this.namespaceOf(field)}/${this.nameOf(field)}`;
  }
}
