import { isAbsolute, relative } from 'node:path';
import type { LintObject } from '../field.ts';

/** A text that objects were read from. */
export interface Source {
  /** As findings name it: the path as the user gave it, or `<stdin>`. */
  readonly name: string;
  readonly text: string;
}

/** Something that could not be read, which makes the outcome "could not run". */
export interface Unreadable {
  readonly file: string;
  /** Both from 1; absent where the whole file is meant. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint: string;
}

/** What came of the paths that were given. */
export interface Reading {
  /** Objects that are applied together. One object may be in several sets, where kustomizations share a base. */
  readonly sets: readonly (readonly LintObject[])[];
  readonly sources: readonly Source[];
  readonly unreadable: readonly Unreadable[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/** Collects a reading from its parts. */
export class Collector {
  readonly sources = new Map<string, Source>();
  readonly unreadable: Unreadable[] = [];
  readonly notes: string[] = [];

  source(name: string, text: string): Source {
    const source = this.sources.get(name) ?? { name, text };
    this.sources.set(name, source);
    return source;
  }
}

/** How findings name a file: absolute paths stay so, relative ones lose what is superfluous. */
export function nameOf(file: string): string {
  return isAbsolute(file) ? file : relative('.', file);
}
