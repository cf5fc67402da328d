import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FEATURES } from './features.ts';
import { withTable } from '../markdown-table.ts';
import { PLACE, featureTable, type FeatureResults } from './table.ts';

/** `node suites/proxyless/write-table.ts results/report.json`: the table of docs/proxyless.md, out of a run. */

const DOCS = join(import.meta.dirname, '../../docs');
const [reportFile = 'results/report.json'] = process.argv.slice(2);
const report = JSON.parse(await readFile(reportFile, 'utf8')) as {
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: readonly { readonly name: string; readonly outcome: string }[];
};
const library = createRequire(import.meta.url)('@grpc/grpc-js-xds/package.json') as { version: string };
const names = new Set(FEATURES.map((each) => each.case.name));
const results: FeatureResults = {
  library: `@grpc/grpc-js-xds ${library.version}`,
  istio: (report.versions.istio ?? 'unknown').replace(/-.*/, ''),
  outcomes: Object.fromEntries(
    report.cases.filter(({ name }) => names.has(name)).map(({ name, outcome }) => [name, outcome]),
  ),
};
const document = join(DOCS, 'proxyless.md');
const written = withTable(await readFile(document, 'utf8'), PLACE, featureTable(results));
await writeFile(join(DOCS, 'proxyless-features.json'), `${JSON.stringify(results, undefined, 2)}\n`);
await writeFile(document, written);
