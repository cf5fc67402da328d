import type { Environment } from '../environments/environment.ts';
import { EXIT } from '../errors.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { prepareEnvironment } from '../environments/prepare.ts';
import { selectEnvironment } from '../environments/select.ts';
import { meshproofHome } from '../paths.ts';
import { type MeshOptions, environmentOptions } from './mesh-options.ts';
import { type Output, printJson } from './output.ts';

export interface UpOptions extends MeshOptions {
  readonly name: string;
  readonly json?: boolean;
}

/** `meshproof up`: a mesh with sample services and their default routes, left running. */
export async function up(options: UpOptions, output: Output, controller: AbortController): Promise<number> {
  const kind = selectEnvironment(options.env ?? 'local');
  const home = meshproofHome();
  await sweepMeshes(home);
  const { name } = options;
  const wanted = environmentOptions(
    options,
    { kind, home, name, withDefaultRoutes: true },
    output,
    controller,
  );
  const mesh = await (await prepareEnvironment(wanted)).start();
  await mesh.detach();
  const { environment } = mesh;
  if (options.json === true) {
    printJson(output, environment);
    return EXIT.conformant;
  }
  if (kind === 'cluster') {
    output.out.write(clusterSummary(environment, mesh.endedBy));
    return EXIT.conformant;
  }
  const suffix = options.name === 'default' ? '' : ` --name ${options.name}`;
  output.out.write(
    [
      `The mesh "${environment.name}" is up: Istio ${environment.versions.istio}, Envoy ${environment.versions.envoy}, Kubernetes ${environment.versions.kubernetes}.`,
      `Its gateway answers at ${environment.gateway.address}:${environment.gateway.tlsPort} (TLS) and :${environment.gateway.h2cPort} (h2c), inside the mesh's network.`,
      '',
      `  meshproof exec${suffix} -- kubectl get pods -A`,
      `  meshproof exec${suffix} -- sh -c 'grpcurl -cacert $MESHPROOF_CA -d "{\\"name\\":\\"World\\"}" -authority grpc.example.com $GATEWAY_IP:443 mypackage.Greeter/SayHello'`,
      `  meshproof down${suffix}`,
      '',
    ].join('\n'),
  );
  return EXIT.conformant;
}

function clusterSummary({ gateway, caFile, notes = [] }: Environment, endedBy: string): string {
  const { address, tlsPort } = gateway;
  return [
    ...notes,
    '',
    `  grpcurl -cacert '${caFile}' -d '{"name":"World"}' -authority grpc.example.com ${address}:${tlsPort} mypackage.Greeter/SayHello`,
    `  ${endedBy}`,
    '',
  ].join('\n');
}
