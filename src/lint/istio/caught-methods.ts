import type { Configuration } from '../configuration.ts';
import type { Field } from '../field.ts';
import type { ProtoMethod } from '../protos.ts';
import { httpRoutes, matchesPath, otherConditions } from './virtual-service.ts';

/** Whether a route may take a path, and whether it always does. A route without a match takes everything. */
function takes(route: Field, path: string): 'never' | 'sometimes' | 'always' {
  const matches = route.at('match').items;
  if (matches.length === 0) return 'always';
  const matching = matches.filter((match) => matchesPath(match, path));
  if (matching.length === 0) return 'never';
  return matching.some((match) => otherConditions(match).length === 0) ? 'always' : 'sometimes';
}

/** The streaming methods that each http route of a VirtualService takes, after the routes before it. */
export function streamingMethods(
  configuration: Configuration,
  virtualService: Field,
): Map<Field, ProtoMethod[]> {
  const caught = new Map<Field, ProtoMethod[]>();
  let left = (configuration.surroundings.methods ?? []).filter(({ streams }) => streams);
  for (const route of httpRoutes(virtualService)) {
    caught.set(
      route,
      left.filter(({ path }) => takes(route, path) !== 'never'),
    );
    left = left.filter(({ path }) => takes(route, path) !== 'always');
  }
  return caught;
}

/** `/a.B/C` and 2 more. */
export function named(methods: readonly ProtoMethod[]): string {
  const [first, ...others] = methods;
  return others.length === 0 ? (first?.path ?? '') : `${first?.path ?? ''} and ${others.length} more`;
}
