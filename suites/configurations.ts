/**
 * The configurations that cases may ask for: a name, and the folder under the repository's root that kustomize makes
 * it from. Each is applied alone, beside the sample services of `manifests/services`.
 */
export const CONFIGURATIONS = {
  /** One Gateway with TLS and h2c, a path for each sample service, and everything else to grpc-service. */
  default: 'manifests/default',
  /** The seed's three path routes, and no catch-all: what they do not match is routed nowhere. */
  'path-routing': 'manifests/path-routing',
} as const;
