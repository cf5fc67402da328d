import { inject } from 'vitest';
import { learnMethods } from '../../clients/protos.ts';
import { openMeshSession } from '../../conformance/mesh-session.ts';
import { provideSession } from '../../conformance/session.ts';

/** Runs before the suite's file, in vitest's worker. */
const { session, configurations } = inject('meshproofTeam');
learnMethods(session.protos.files, session.protos.includeDirs, session.kinds);
provideSession(() =>
  openMeshSession({
    ...inject('meshproofSession'),
    ...session,
    configurations,
    // The worker ends with the mesh it is in; nobody else can ask it to stop.
    signal: new AbortController().signal,
  }),
);
