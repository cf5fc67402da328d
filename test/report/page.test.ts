import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, type Page, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { htmlReport } from '../../src/report/html.ts';
import type { Report } from '../../src/report/schema.ts';
import { findCommand } from '../../src/toolchain/system.ts';
import { failingReport, passingReport } from './samples.ts';

const executablePath = await findCommand('chromium');
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 375, height: 800 };

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** The failing run as one is that was diagnosed, and went through taps. */
const explainedReport: Report = {
  ...failingReport,
  cases: failingReport.cases.map((one) =>
    one.outcome !== 'failed'
      ? one
      : {
          ...one,
          diagnoses: [
            {
              cause: 'wrong-destination',
              confidence: 'certain',
              summary: 'The route of this RPC leads to order-grpc-service.',
              change: {
                object: 'VirtualService default/user-vs',
                field: 'spec.http[0].route[0].destination.host',
                found: 'order-grpc-service',
                patch: 'spec:\n  http:\n    - route:\n        - destination: {host: user-grpc-service}\n',
              },
              because: ['order-grpc-service has the RPC in its ledger'],
            },
          ],
          frames: {
            file: 'frames/routing.json',
            timeline: Array.from({ length: 20 }, (_, i) => `${i} ms  HEADERS ${'-'.repeat(120)}`).join('\n'),
            telling: ['3 ms  RST_STREAM'],
          },
        },
  ),
};

/** A run as long as a real one. */
const longReport: Report = {
  ...failingReport,
  cases: Array.from({ length: 1000 }, (_, i) => {
    const like = failingReport.cases[i % failingReport.cases.length];
    if (like === undefined) throw new Error('the sample has no cases');
    return { ...like, name: `${like.name}/${i}` };
  }),
};

describe.skipIf(executablePath === undefined)('the page in a real browser (needs Chromium)', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshproof-page-'));
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function opened(
    report: Report,
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; trouble: string[] }> {
    const file = join(folder, 'report.html');
    await writeFile(file, htmlReport(report));
    const page = await browser.newPage({ viewport: DESK, ...options });
    const trouble: string[] = [];
    page.on('console', (message) => trouble.push(message.text()));
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) trouble.push(`request of ${request.url()}`);
    });
    await page.goto(pathToFileURL(file).href);
    return { page, trouble };
  }

  /** What is seen of a page. */
  const shownCases = (page: Page): Promise<number> => page.locator('tr[data-outcome]:visible').count();
  const overflow = (page: Page): Promise<number> =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  test.each([
    ['light', DESK],
    ['dark', DESK],
    ['light', PHONE],
    ['dark', PHONE],
  ] as const)('axe finds nothing serious: %s, %o', async (colorScheme, viewport) => {
    // The page lets no script run but its own: axe needs to be let in past that.
    const { page } = await opened(explainedReport, { colorScheme, viewport, bypassCSP: true });
    await page.addScriptTag({ content: axe.source });
    const found: { violations: Violation[] } = await page.evaluate('axe.run()');
    const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.close();
  });

  test.each([
    ['failing', explainedReport],
    ['passing', passingReport],
  ] as const)('a %s run loads nothing, complains of nothing, and fits a phone', async (_, report) => {
    const { page, trouble } = await opened(report, { viewport: PHONE });
    expect(trouble).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.close();
  });

  test('what is wrong, why and what to change is seen without a click', async () => {
    const { page } = await opened(explainedReport);
    const failed = explainedReport.cases.find(({ outcome }) => outcome === 'failed');
    const [diagnosis] = failed?.diagnoses ?? [];
    const texts = [failed?.mismatches[0]?.got, diagnosis?.summary, diagnosis?.change?.field];
    for (const text of texts)
      expect(
        await page
          .getByText(text ?? '?')
          .first()
          .isVisible(),
        text,
      ).toBe(true);
    await page.close();
  });

  test('cases are filtered by keyboard alone, and shown again', async () => {
    const { page } = await opened(failingReport);
    const all = failingReport.cases.length;
    await page.locator('#search').focus();
    await page.keyboard.type('retries unavailable');
    expect(await shownCases(page)).toBe(1);
    expect(await page.locator('#shown').textContent()).toBe(`1 of ${all} shown`);
    await page.locator('#search').fill('');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.locator('.chip[aria-pressed=true]').textContent()).toContain('failed');
    expect(await shownCases(page)).toBe(2);
    await page.keyboard.press('Enter');
    expect(await page.locator('#shown').textContent()).toBe('');
    await page.close();
  });

  test('without its script the page is whole, but for the filter', async () => {
    const { page } = await opened(failingReport, { javaScriptEnabled: false });
    expect(await page.locator('#filter').isVisible()).toBe(false);
    expect(await page.locator('tr[data-outcome]').count()).toBe(failingReport.cases.length);
    await page.close();
  });

  test('on paper every case is unfolded', async () => {
    const { page } = await opened(passingReport);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await shownCases(page)).toBe(passingReport.cases.length);
    await page.close();
  });

  test('a thousand cases are less than 3 MB', () => {
    expect(Buffer.byteLength(htmlReport(longReport))).toBeLessThan(3_000_000);
  });
});
