import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ComponentDiedError, SetupError } from '../../errors.ts';

/** A long-running process of the mesh: its command, and where its output goes. */
export interface ComponentSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Lines of a log that an error quotes. */
const QUOTED_LINES = 12;

export async function lastLines(file: string, count = QUOTED_LINES): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count);
}

/**
 * The components of one mesh. They live as long as this process's namespaces; there is no stopping one for good, since
 * the kernel ends them all at once.
 */
export class Components {
  readonly #logs: string;
  readonly #onDeath: (error: ComponentDiedError) => void;
  readonly #running = new Map<string, { readonly spec: ComponentSpec; readonly child: ChildProcess }>();
  readonly #restarting = new Set<string>();

  /** @param onDeath called once for each component that ends unasked, whatever its exit code */
  constructor(logs: string, onDeath: (error: ComponentDiedError) => void) {
    this.#logs = logs;
    this.#onDeath = onDeath;
  }

  logFile(name: string): string {
    return join(this.#logs, `${name}.log`);
  }

  async start(spec: ComponentSpec): Promise<void> {
    const log = await open(this.logFile(spec.name), 'a');
    const child = spawn(spec.command, [...spec.args], {
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: process.env.PATH, HOME: '/root', ...spec.env },
    });
    this.#running.set(spec.name, { spec, child });
    const died = async (how: string) => {
      const file = this.logFile(spec.name);
      this.#onDeath(new ComponentDiedError(spec.name, how, await lastLines(file), file));
    };
    child.once('exit', (code, signal) => {
      if (this.#restarting.has(spec.name)) return;
      this.#running.delete(spec.name);
      void died(signal ? `was ended by ${signal}` : `ended with exit code ${code ?? 'unknown'}`);
    });
    const spawned = new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(new SetupError(`${spec.name} could not be started`, { cause: error }));
      });
    });
    await Promise.all([spawned, log.close()]);
  }

  /**
   * Has a component end by SIGTERM, it alone and nothing that it has started, and starts it again: what systemd does
   * with a unit of `KillMode=process`.
   *
   * @throws SetupError when no such component runs, or it is being restarted already
   */
  async restart(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running === undefined || this.#restarting.has(name))
      throw new SetupError(
        `${name} cannot be restarted: ${running ? 'it is being already' : 'it does not run'}`,
      );
    const { spec, child } = running;
    this.#restarting.add(name);
    try {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    } finally {
      this.#restarting.delete(name);
    }
    await this.start(spec);
  }
}
