import type { EnvironmentKind } from '../environments/environment.ts';
import { EXIT, UsageError } from '../errors.ts';
import { startMesh } from '../environments/local/launch.ts';
import { sweepMeshes } from '../environments/local/registry.ts';
import { prepareMesh } from '../environments/prepare.ts';
import { selectEnvironment } from '../environments/select.ts';
import { meshproofHome } from '../paths.ts';
import { type Output, printJson } from './output.ts';

export interface UpOptions {
  readonly env?: EnvironmentKind;
  readonly name: string;
  readonly images: 'auto' | 'released' | 'built';
  readonly istioVersion?: string;
  readonly envoyVersion?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
}

/** `meshproof up`: a mesh with sample services and their default routes, left running. */
export async function up(options: UpOptions, output: Output, controller: AbortController): Promise<number> {
  const kind = selectEnvironment(options.env ?? 'local');
  if (kind === 'cluster') throw new UsageError('a cluster that is handed in is up already');
  const home = meshproofHome();
  await sweepMeshes(home);
  const { signal } = controller;
  const { progress } = output;
  const { istioVersion, envoyVersion } = options;
  const setup = await prepareMesh(kind, {
    home,
    progress,
    signal,
    images: options.images,
    ...(istioVersion === undefined ? {} : { istioVersion }),
    ...(envoyVersion === undefined ? {} : { envoyVersion }),
  });
  const mesh = await startMesh({
    home,
    name: options.name,
    setup,
    istioSet: options.set ?? [],
    withDefaultRoutes: true,
    progress,
    signal,
    onBroken: (error) => controller.abort(error),
  });
  await mesh.detach();
  const { environment } = mesh;
  if (options.json === true) {
    printJson(output, environment);
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
