/**
 * Findings in manifests that Istio and Gateway API ship: each is true, and this is why it is there. By file, as the
 * module has it; a finding that is not listed here is a false alarm.
 */
export const EXCEPTIONS: Readonly<
  Record<string, { readonly found: readonly string[]; readonly because: string }>
> = {
  'samples/addons/jaeger.yaml': {
    found: ['210 port-protocol'],
    because:
      'the port is called jaeger-collector-grpc, which declares nothing; sidecars find out by themselves, a gateway would not',
  },
  'pkg/config/analysis/analyzers/testdata/deprecation.yaml': {
    found: ['8 envoy-filter-config', '11 envoy-filter-config'],
    because: 'it is test data for fields that are no more',
  },
  'pkg/config/analysis/analyzers/testdata/envoy-filter-add-operation.yaml': {
    found: ['13 envoy-filter-order', '91 envoy-filter-order', '117 envoy-filter-order'],
    because: 'ADD of an HTTP filter; Envoy refuses it, which istioctl is not tested for',
  },
  'pkg/config/analysis/analyzers/testdata/envoy-filter-filterchain.yaml': {
    found: ['21 alpn-without-h2'],
    because: 'it does narrow ALPN to http/1.1',
  },
  'pkg/config/analysis/analyzers/testdata/envoy-filter-remove-operation.yaml': {
    found: ['19 envoy-filter-anchor', '41 envoy-filter-anchor', '63 envoy-filter-anchor'],
    because: 'the name of a message stands for the name of a filter',
  },
  'pkg/config/analysis/analyzers/testdata/envoy-filter-replace-operation.yaml': {
    found: ['150 envoy-filter-config'],
    because: 'a cluster is put in the place of a filter',
  },
  'pkg/config/analysis/analyzers/testdata/gateway-secrets.yaml': {
    found: ['50 gateway-secret'],
    because: 'it is test data for a Secret that is missing (IST0101)',
  },
  'pkg/config/analysis/analyzers/testdata/relative-envoy-filter-operation.yaml': {
    found: [
      '88 envoy-filter-order',
      '150 envoy-filter-anchor',
      '152 envoy-filter-order',
      '177 envoy-filter-anchor',
    ],
    because: 'INSERT_AFTER without a filter to insert after, and the name of a message for that of a filter',
  },
  'pkg/config/analysis/analyzers/testdata/virtualservice_conflictingmeshgatewayhosts.yaml': {
    found: ['21 duplicate-host', '77 duplicate-host'],
    because: 'it is test data for hosts that are defined twice (IST0109)',
  },
  'pkg/config/analysis/analyzers/testdata/virtualservice_conflictingmeshgatewayhosts_with_exportto.yaml': {
    found: ['21 duplicate-host'],
    because: 'it is test data for hosts that are defined twice (IST0109)',
  },
  ...Object.fromEntries(
    ['', '_beta'].flatMap((suffix) => [
      [
        `pkg/config/analysis/analyzers/testdata/virtualservice_host_not_found_gateway${suffix}.yaml`,
        {
          found: ['170 catch-all-collision'],
          because: 'two catch-alls on user.api.testing-03.com at one gateway',
        },
      ],
      [
        `pkg/config/analysis/analyzers/testdata/virtualservice_host_not_found_gateway_with_ns_prefix${suffix}.yaml`,
        {
          found: ['46', '98', '150', '202'].map((line) => `${line} catch-all-collision`),
          because: 'two catch-alls each on testing-01.com at one gateway',
        },
      ],
    ]),
  ),
  'pkg/config/analysis/analyzers/testdata/virtualservice_overlappingmatches.yaml': {
    found: ['27', '47', '69', '97'].map((line) => `${line} duplicate-host`),
    because: 'five examples in one file are for one host',
  },
};
