import { spawn } from 'node:child_process';
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
 * The components of one mesh. They live as long as this process's namespaces; there is no stopping one, since
 * the kernel ends them all at once.
 */
export class Components {
  readonly #logs: string;
  readonly #onDeath: (error: ComponentDiedError) => void;

  /** @param onDeath called once for each component that ends, whatever its exit code */
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
    const died = async (how: string) => {
      const file = this.logFile(spec.name);
      this.#onDeath(new ComponentDiedError(spec.name, how, await lastLines(file), file));
    };
    child.once('exit', (code, signal) => {
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
}
