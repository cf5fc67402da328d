import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Case } from '../../src/conformance/model.ts';
import type { ExpectedRoute, TeamConfig } from '../../src/team/config.ts';
import { type TeamPlan, planTeam } from '../../src/team/team-plan.ts';

/** Runs `use` in a new folder that has these files, and takes it away. */
export async function inFolder<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-team-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A Gateway with TLS and h2c for `api.example`. */
export const GATEWAY = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [api.example]
      tls: { mode: SIMPLE, credentialName: api-cert }
    - port: { number: 80, name: http, protocol: HTTP }
      hosts: [api.example]
`;

/** A VirtualService of `api.example` whose `http` has these lines; its first one is line 7. */
export const virtualService = (...http: readonly string[]): string =>
  [
    'apiVersion: networking.istio.io/v1',
    'kind: VirtualService',
    'metadata: { name: api }',
    'spec:',
    '  hosts: [api.example]',
    '  gateways: [gw]',
    '  http:',
    ...http.map((line) => `    ${line}`),
    '',
  ].join('\n');

/** The entry of a service with a closing slash. */
export const entry = (service: string, backend: string, ...more: readonly string[]): readonly string[] => [
  `- match: [{ uri: { prefix: /${service}/ } }]`,
  `  route: [{ destination: { host: ${backend}, port: { number: 50051 } } }]`,
  ...more.map((line) => `  ${line}`),
];

/** The plan of a team whose VirtualService has these lines. */
export const planOf = (
  http: readonly string[],
  routes: readonly [ExpectedRoute, ...ExpectedRoute[]],
  more: Partial<TeamConfig> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<TeamPlan> =>
  inFolder({ 'gateway.yaml': GATEWAY, 'routes.yaml': virtualService(...http), ...files }, (folder) =>
    planTeam({
      file: join(folder, 'meshproof.config.ts'),
      config: { manifests: ['gateway.yaml', 'routes.yaml', ...Object.keys(files)], routes, ...more },
    }),
  );

/** The case of a plan that has this name. */
export const named = ({ cases }: TeamPlan, name: string): Case => {
  const found = cases.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name} among:\n${cases.map((each) => each.name).join('\n')}`);
  return found;
};

/** Names of its cases that have this in them. */
export const namesOf = ({ cases }: TeamPlan, part: string): string[] =>
  cases.map(({ name }) => name).filter((name) => name.includes(part));
