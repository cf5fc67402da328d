import { createHash } from 'node:crypto';
import type { Facts } from './manifest.ts';

/** What a build may use. */
export interface BuildContext {
  readonly signal: AbortSignal;
  /** File that the build's commands write their output to. */
  readonly logFile: string;
  /** The finished folder of an artefact that this one depends on. */
  folderOf(artefact: Artefact): string;
  /** What the build of an artefact that this one depends on found out. */
  factsOf(artefact: Artefact): Facts;
}

/** One thing that is made once and kept: a folder in the cache, named by what it is made from. */
export interface Artefact {
  readonly name: string;
  /** 12 hexadecimal digits of a hash over everything that goes into it, the artefacts it depends on included. */
  readonly key: string;
  /** The cache's subfolder that it lives in. */
  readonly room: 'toolchain' | 'store';
  readonly dependsOn: readonly Artefact[];
  /** True where a build keeps every core busy for long; few of those run at a time. */
  readonly heavy: boolean;
  /** The artefact whose files this one's build starts from, so that they need not be hashed again. */
  readonly clonedFrom: Artefact | undefined;
  /** How many versions of it are kept, the newest ones by use. */
  readonly keep: number;
  /** Fills an empty folder. */
  build(folder: string, context: BuildContext): Promise<Facts>;
}

interface ArtefactDefinition {
  readonly name: string;
  /** Whatever the result depends on, beside the artefacts in `dependsOn`. */
  readonly inputs: readonly unknown[];
  readonly dependsOn?: readonly Artefact[];
  readonly room?: 'toolchain' | 'store';
  readonly heavy?: boolean;
  readonly keep?: number;
  readonly clonedFrom?: Artefact;
  readonly build: Artefact['build'];
}

export function defineArtefact(definition: ArtefactDefinition): Artefact {
  const dependsOn = definition.dependsOn ?? [];
  return {
    name: definition.name,
    key: keyOf(
      definition.name,
      process.arch,
      definition.inputs,
      dependsOn.map(({ key }) => key),
    ),
    room: definition.room ?? 'toolchain',
    dependsOn,
    heavy: definition.heavy ?? false,
    clonedFrom: definition.clonedFrom,
    keep: definition.keep ?? 3,
    build: definition.build,
  };
}

/** 12 hexadecimal digits that change when any of the parts does. */
export function keyOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}

/** All artefacts that the given ones need, themselves included, each after what it depends on. */
export function withDependencies(wanted: readonly Artefact[]): Artefact[] {
  const ordered = new Map<string, Artefact>();
  const visit = (artefact: Artefact): void => {
    const id = `${artefact.name}-${artefact.key}`;
    if (ordered.has(id)) return;
    artefact.dependsOn.forEach(visit);
    ordered.set(id, artefact);
  };
  wanted.forEach(visit);
  return [...ordered.values()];
}
