// The direction of imports, as docs/developing.md draws it. Lower rooms never import higher ones.
const rooms = [
  ['kubernetes', 'frames', 'containers'],
  ['clients', 'evidence', 'toolchain'],
  ['diagnosis', 'lint', 'environments'],
  ['conformance', 'probes', 'traffic'],
  ['report', 'reproduce', 'team'],
  ['cli'],
];
const level = new Map(rooms.flatMap((names, index) => names.map((name) => [name, index])));
const names = [...level.keys()];

/** What the sample services see their connections with. */
const FRAMES = '^src/frames/(wire|hpack|tap|timeline)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.config\\.', '\\.cjs$', '\\.d\\.ts$'] },
      to: {},
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'src-stands-alone',
      comment: 'src may not reach into the tests or the services; suites reach src, not the other way round.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|services)/' },
    },
    {
      name: 'services-stand-alone',
      comment: 'The sample services are deployed without the harness.',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^(src|test|suites)/', pathNot: FRAMES },
    },
    {
      name: 'services-carry-frames-only',
      comment:
        'Of src, the sample services carry what sees HTTP/2 frames, and nothing that it would draw in.',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^src/', pathNot: FRAMES, reachable: true },
    },
    ...names.map((name) => ({
      name: `direction-${name}`,
      severity: 'error',
      from: { path: `^src/${name}/` },
      to: {
        path: `^src/(${names.filter((other) => level.get(other) > level.get(name)).join('|') || 'none'})/`,
      },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
