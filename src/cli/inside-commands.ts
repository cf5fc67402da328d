import type { Command } from 'commander';
import type { Means } from './means.ts';

/** Adds the commands that the others start where a mesh's network is. Nobody types them. */
export function addInsideCommands(program: Command, { output, execute }: Means): void {
  program
    .command('run-inside', { hidden: true })
    .argument('<request>')
    .action((request: string) =>
      execute(async (controller) => (await import('./run-inside.ts')).runInside(request, output, controller)),
    );

  program
    .command('traffic-inside', { hidden: true })
    .argument('<request>')
    .action((request: string) =>
      execute(async (controller) =>
        (await import('./traffic-inside.ts')).trafficInside(request, output, controller),
      ),
    );

  program
    .command('reproduce-inside', { hidden: true })
    .argument('<request>')
    .action((request: string) =>
      execute(async (controller) =>
        (await import('./reproduce-inside.ts')).reproduceInside(request, output, controller),
      ),
    );
}
