import { Command, CommanderError } from 'commander';
import { EXIT } from '../errors.ts';
import { addBugCommands } from './bug-commands.ts';
import { addClusterOptions, addClusterUseOptions } from './cluster-options.ts';
import { execute as run } from './execute.ts';
import { addChangeCommands } from './change-commands.ts';
import { addFileCommands } from './file-commands.ts';
import { addInsideCommands } from './inside-commands.ts';
import type { Means } from './means.ts';
import { addMeshCommands } from './mesh-commands.ts';
import { addMeshOptions } from './mesh-options.ts';
import { explain, processOutput } from './output.ts';
import { ownVersion } from './own-version.ts';
import { addSuiteCommands } from './suite-commands.ts';

const output = processOutput();
const version = await ownVersion();

const program = new Command('meshproof')
  .description('Proves that gRPC works through an Istio ingress gateway, exactly as it is configured.')
  .version(version)
  .showHelpAfterError('(add --help for the options and examples)')
  .exitOverride()
  .configureOutput({ writeOut: (text) => output.out.write(text), writeErr: (text) => output.err.write(text) })
  .addHelpText(
    'after',
    `
Examples:
  $ npm run e2e                                 the main job: a mesh, every suite, a verdict
  $ npm run e2e -- --only S4 --out results/s4   one row of the seed
  $ meshproof up && meshproof exec -- kubectl get pods -A
  $ meshproof doctor                            what this machine lacks, and how to get it

Exit codes: 0 conformant, 1 not conformant, 2 could not run, 130 interrupted.`,
  );

const means: Means = { output, version, execute: (work) => run(output, work) };

for (const add of [
  addSuiteCommands,
  addMeshCommands,
  addBugCommands,
  addChangeCommands,
  addFileCommands,
  addInsideCommands,
])
  add(program, means);

// Behind the options of their own, so that --help begins with those.
for (const command of program.commands) {
  if (['run', 'prove', 'reproduce', 'up', 'traffic'].includes(command.name())) addMeshOptions(command);
  if (['run', 'prove', 'reproduce', 'up'].includes(command.name())) addClusterUseOptions(command);
  if (['status', 'down'].includes(command.name())) addClusterOptions(command);
}

try {
  await program.parseAsync();
} catch (error) {
  // Help and version end here too, with exit code 0; everything else is the user's command line.
  process.exitCode =
    error instanceof CommanderError ? (error.exitCode === 0 ? 0 : EXIT.couldNotRun) : explain(error, output);
}
