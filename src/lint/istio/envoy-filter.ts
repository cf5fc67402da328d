import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';

/** Every patch of every EnvoyFilter. */
export function patchesOf(configuration: Configuration): Field[] {
  return configuration
    .networking('EnvoyFilter')
    .flatMap((filter) => filter.at('spec', 'configPatches').items);
}

/** The names that a patch's match asks for: of a network filter, and of an HTTP filter in it. */
export function anchorsOf(patch: Field): Field[] {
  const filter = patch.at('match', 'listener', 'filterChain', 'filter');
  return [filter.at('name'), filter.at('subFilter', 'name')].filter(
    ({ text }) => text !== undefined && text !== '',
  );
}

/** A field by its name in a .proto file or its JSON name; Istio takes both. */
export function either(field: Field, snake: string): Field {
  const camel = snake.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return field.at(snake).exists ? field.at(snake) : field.at(camel);
}

/** Fields of that name anywhere in what a patch puts in. */
export function findInValue(patch: Field, snake: string): Field[] {
  return [...patch.at('patch', 'value').descendants()]
    .map((field) => either(field, snake))
    .filter(({ exists }) => exists);
}
