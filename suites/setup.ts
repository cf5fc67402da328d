import { inject } from 'vitest';
import { openMeshSession } from '../src/conformance/mesh-session.ts';
import { provideSession } from '../src/conformance/session.ts';
import { CONFIGURATIONS } from './configurations.ts';

/** Runs before each suite's file, in the worker that all of them share. */
provideSession(() =>
  openMeshSession({
    ...inject('meshproofSession'),
    configurations: CONFIGURATIONS,
    // The worker ends with the mesh it is in; nobody else can ask it to stop.
    signal: new AbortController().signal,
  }),
);
