import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CRDS, GATEWAY_API_VERSION } from './crds.ts';

/**
 * Writes crds.json anew, out of the Go module sigs.k8s.io/gateway-api in the version that the pinned Istio is built with
 * (src/toolchain/modules/istio/go.mod):
 *
 * node src/environments/gateway-api/write-crds.ts "$(go list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)"
 *
 * The descriptions of fields are left out, which are most of it; types and rules are as they are.
 */
const [folder = ''] = process.argv.slice(2);
const lines: string[] = [];
for (const name of ['gatewayclasses', 'gateways', 'grpcroutes', 'httproutes', 'referencegrants']) {
  const file = join(folder, 'config', 'crd', 'standard', `gateway.networking.k8s.io_${name}.yaml`);
  lines.push(JSON.stringify(withoutDescriptions(parse(await readFile(file, 'utf8')))));
}
if (
  !lines.every((line) => line.includes(`"gateway.networking.k8s.io/bundle-version":"${GATEWAY_API_VERSION}"`))
)
  throw new Error(`these are not of ${GATEWAY_API_VERSION}`);
await writeFile(CRDS, `[\n${lines.join(',\n')}\n]\n`);

function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
      key === 'description' && typeof each === 'string' ? [] : [[key, withoutDescriptions(each)]],
    ),
  );
}
