import { findCommand } from '../../toolchain/system.ts';

/** The programs that a browser case needs, by their full paths. */
export interface BrowserPrograms {
  readonly chromium: string;
  /** Makes the NSS database in which Chromium looks for authorities that the user trusts. */
  readonly certutil: string;
}

/** Where the browser is, or nothing where it, or what it needs, is missing. */
export async function findBrowser(): Promise<BrowserPrograms | undefined> {
  const [chromium, certutil] = await Promise.all([findCommand('chromium'), findCommand('certutil')]);
  return chromium === undefined || certutil === undefined ? undefined : { chromium, certutil };
}
