import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { SetupError } from '../../errors.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import { run } from '../../toolchain/commands.ts';
import type { BrowserSource, Listeners, OpenBrowser, Target } from '../target.ts';
import type { BrowserPrograms } from './find.ts';
import { servePage, type PageCertificate } from './page-server.ts';

export interface BrowsersOptions {
  readonly programs: BrowserPrograms;
  readonly target: Omit<Target, 'browsers'>;
  /** A certificate of the test CA for the hosts that pages come from. */
  readonly page: PageCertificate;
}

/**
 * Chromium makes a socket among its temporary files. A socket's path has 107 octets at most (unix(7)), and that of a
 * mesh's folder may be longer; so it is given the folder as the one that it works in.
 */
const LAUNCHER = 'launch';
const LAUNCH = `#!/bin/sh
cd "$HOME" && TMPDIR=. exec "$CHROMIUM" "$@"
`;

/** The folder of everything that browsers write, beside the test CA's file. Whoever ends a run removes it. */
export const browserFolder = (caFile: string): string => join(dirname(caFile), 'browser');

/**
 * The real browsers of a run: one process for each version of HTTP, started when first asked for and shared by all
 * cases. They trust the test CA as a user's browser would, by the user's NSS database, and verify everything.
 *
 * They end with the process that made this: Chromium ends when its end of the debugging pipe is closed.
 */
export class Browsers implements BrowserSource, AsyncDisposable {
  readonly #options: BrowsersOptions;
  readonly #folder: string;
  readonly #started = new Map<'1.1' | '2', Promise<Browser>>();
  #prepared: Promise<AsyncDisposable & { readonly port: number }> | undefined;

  constructor(options: BrowsersOptions) {
    this.#options = options;
    this.#folder = browserFolder(options.target.caFile);
  }

  async open(http: '1.1' | '2', listeners: Listeners): Promise<OpenBrowser> {
    const { target } = this.#options;
    if (listeners.address !== target.address || listeners.tlsPort !== target.tlsPort) {
      const browser = await this.#start(http, listeners);
      return { browser, [Symbol.asyncDispose]: () => browser.close() };
    }
    const started = this.#started.get(http) ?? this.#start(http, target);
    this.#started.set(http, started);
    return { browser: await started, [Symbol.asyncDispose]: () => Promise.resolve() };
  }

  async #start(http: '1.1' | '2', { address, tlsPort, h2cPort }: Listeners): Promise<Browser> {
    this.#prepared ??= this.#prepare();
    const { port } = await this.#prepared;
    const { programs, target } = this.#options;
    const host = address.includes(':') ? `[${address}]` : address;
    const rules = [
      `MAP ${target.host}:443 ${host}:${tlsPort}`,
      `MAP ${target.host}:80 ${host}:${h2cPort}`,
      `MAP * 127.0.0.1:${port}`,
    ];
    // Most runs' first second needs no browser, and the library takes a third of one to load.
    const { chromium } = await import('playwright-core');
    // It makes the profile where the process says that temporary files go, and nowhere else.
    const { TMPDIR } = process.env;
    process.env.TMPDIR = this.#folder;
    try {
      return await chromium.launch({
        executablePath: join(this.#folder, LAUNCHER),
        env: { ...process.env, HOME: this.#folder, CHROMIUM: programs.chromium },
        args: [
          `--host-resolver-rules=${rules.join(', ')}`,
          '--disable-gpu',
          ...(http === '2' ? [] : ['--disable-http2']),
        ],
        timeout: TIMEOUTS.browser,
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      });
    } catch (error) {
      throw new SetupError(`${programs.chromium} does not start`, {
        hint: 'Try it by hand: chromium --headless --no-sandbox --dump-dom about:blank',
        cause: error,
      });
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
  }

  async #prepare(): Promise<AsyncDisposable & { readonly port: number }> {
    const { programs, target, page } = this.#options;
    await rm(this.#folder, { recursive: true, force: true });
    const database = join(this.#folder, '.pki', 'nssdb');
    await mkdir(database, { recursive: true });
    await writeFile(join(this.#folder, LAUNCHER), LAUNCH, { mode: 0o755 });
    const certutil = (...args: string[]) =>
      run(programs.certutil, ['-d', `sql:${database}`, ...args], {
        purpose: 'making the authorities that the browser trusts',
        signal: AbortSignal.timeout(TIMEOUTS.examination),
      });
    await certutil('-N', '--empty-password');
    await certutil('-A', '-t', 'C,,', '-n', 'meshproof', '-i', target.caFile);
    return servePage(page);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#started.values()) await started.then((browser) => browser.close());
    await (await this.#prepared)?.[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
