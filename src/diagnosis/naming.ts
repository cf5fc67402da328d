import type { Change } from './diagnosis.ts';
import type { Typed } from './istio-objects.ts';

type Named = Pick<Typed<unknown>, 'kind' | 'namespace' | 'name'>;

/** `VirtualService default/grpc-vs`. */
export const nameOf = ({ kind, namespace, name }: Named): string => `${kind} ${namespace}/${name}`;

/** The line to change, without a patch. */
export const at = (object: Named, field: string, found: unknown, patch?: string): Change => ({
  object: nameOf(object),
  field,
  found: found === undefined ? 'nothing' : typeof found === 'string' ? found : JSON.stringify(found),
  ...(patch === undefined ? {} : { patch }),
});
