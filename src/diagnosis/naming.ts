import type { Change } from './diagnosis.ts';
import type { Disagreement } from './evidence.ts';
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

/** What was wanted and what was seen instead, as a fact that a diagnosis rests on. */
export const asDisagreed = ({ what, expected, got }: Disagreement): string =>
  `${what}: wanted ${expected}, got ${got}.`;
