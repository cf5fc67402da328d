import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The mesh tests that take minutes, in the order in which they begin. What is long comes first, so that of two lanes
 * none is left with it alone at the end. `lifecycle` is far from `kind`, for which it would wait.
 */
export const LONG = ['e2e', 'prove', 'kind', 'config', 'diagnose', 'reproduce', 'cluster', 'lifecycle'].map(
  (name) => `${name}.mesh.ts`,
);

/** Where it stands among the files of its project; projects stay apart. */
const placeOf = ({ moduleId, project }: TestSpecification): number => {
  if (project.name !== 'mesh') return -1;
  const index = LONG.indexOf(basename(moduleId));
  return index < 0 ? LONG.length : index;
};

/** vitest's own order goes by what it remembers of the last run, and by the size of the files where there was none. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
