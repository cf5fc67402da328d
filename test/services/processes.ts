import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../services/main.ts');

/** One running sample service or collector, as it runs in a pod. */
export class ServiceProcess {
  readonly port: number;
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, exited: Promise<unknown>, port: number) {
    this.#child = child;
    this.#exited = exited;
    this.port = port;
    this.address = `127.0.0.1:${port}`;
  }

  static async start(
    role: string,
    env: Record<string, string> = {},
    ...args: string[]
  ): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [MAIN, role, '--port', '0', ...args], {
      env: { PATH: process.env.PATH, GRACE_MS: '300', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const started = await firstLine(child);
    if (started === '') throw new Error(`${role} exited with ${String(child.exitCode)} and no word`);
    return new ServiceProcess(child, exited, (JSON.parse(started) as { port: number }).port);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** @returns the exit code */
  async exit(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    const end = text.indexOf('\n');
    if (end >= 0) break;
  }
  return text;
}
