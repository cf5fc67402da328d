import type { CDPSession, Page, Request } from 'playwright-core';
import { SetupError } from '../../errors.ts';
import { TIMEOUTS } from '../../timeouts.ts';
import type { BrowserInvocation } from '../invocation.ts';
import type { OpenBrowser, Target } from '../target.ts';
import type { PageCall, PageReply } from './page/call.ts';

/** What the browser showed of one call, beside what the page's script could see. */
export interface Shown {
  readonly reply: PageReply;
  /** Errors on the console, in their order. */
  readonly console: readonly string[];
  /** The HTTP exchange of the call itself, not of its preflight; absent when no reply came. */
  readonly http?: { readonly status: number; readonly contentType: string; readonly alpn: string };
}

const ALPN: Readonly<Record<string, string>> = { 'HTTP/1.1': 'http/1.1', 'HTTP/2.0': 'h2' };

/**
 * A page that is open in a context of its own: no other case shares its connections, cookies, or answers of
 * preflights.
 */
export class Visit implements AsyncDisposable {
  /** Product and version, as the browser says it. */
  readonly browser: string;
  /** The user agent that it has by itself. */
  readonly userAgent: string;
  readonly #opened: OpenBrowser;
  readonly #page: Page;
  readonly #devtools: CDPSession;
  #console: string[] = [];
  #call: Request | undefined;

  private constructor(opened: OpenBrowser, userAgent: string, page: Page, devtools: CDPSession) {
    this.#opened = opened;
    this.browser = `Chromium ${opened.browser.version()}`;
    this.userAgent = userAgent;
    this.#page = page;
    this.#devtools = devtools;
    page.on('console', (message) => {
      if (message.type() === 'error') this.#console.push(message.text());
    });
    page.on('request', (request) => {
      if (request.method() === 'POST') this.#call = request;
    });
  }

  /** Opens the page of an origin. @throws SetupError when there is no browser to open it in */
  static async open(
    { browsers, ...listeners }: Target,
    { http }: BrowserInvocation,
    origin: string,
  ): Promise<Visit> {
    if (browsers === undefined)
      throw new SetupError('this machine has no Chromium', { hint: 'Run `meshproof doctor`.' });
    const opened = await browsers.open(http, listeners);
    try {
      const context = await opened.browser.newContext();
      context.setDefaultTimeout(TIMEOUTS.page);
      const page = await context.newPage();
      await page.goto(`${origin}/`).catch((error: unknown) => {
        throw new SetupError(`the browser does not show the page of ${origin}`, { cause: error });
      });
      const userAgent = await page.evaluate(() => navigator.userAgent);
      return new Visit(opened, userAgent, page, await context.newCDPSession(page));
    } catch (error) {
      await opened[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Has the page make a call under a user agent. */
  async call(call: PageCall, userAgent: string): Promise<Shown> {
    this.#console = [];
    this.#call = undefined;
    await this.#devtools.send('Emulation.setUserAgentOverride', { userAgent });
    const reply = await this.#page.evaluate(
      (given) =>
        (globalThis as unknown as { makeCall: (call: PageCall) => Promise<PageReply> }).makeCall(given),
      call,
    );
    const http = await this.#exchange();
    return { reply, console: this.#console, ...(http === undefined ? {} : { http }) };
  }

  async #exchange(): Promise<Shown['http']> {
    const response = this.#call?.existingResponse();
    if (response === undefined || response === null) return undefined;
    const version = await response.httpVersion();
    return {
      status: response.status(),
      contentType: response.headers()['content-type'] ?? '',
      alpn: ALPN[version] ?? version,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#page.context().close();
    await this.#opened[Symbol.asyncDispose]();
  }
}
