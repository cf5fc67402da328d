/** Every timeout of the harness, in milliseconds, in one table. Timers under test have their own slack table. */
export const TIMEOUTS = {
  /** One try of a wait, where the thing asked has no shorter limit of its own. */
  singleTry: 5_000,
  /** The half of a command that works inside a mesh, once it is asked to end. */
  innerHalfEnds: 5_000,
  /** A component of the local control plane answering its readiness endpoint. */
  componentReady: 60_000,
  /** `istioctl install`, until istiod and the ingress gateway are Ready. */
  istioInstall: 180_000,
  /** A Deployment reaching its wanted number of available pods. */
  rollout: 120_000,
  /** Applied configuration showing up in the gateway's own configuration. */
  convergence: 30_000,
  /** A LoadBalancer Service getting its address. */
  loadBalancerAddress: 30_000,
  /** An API server of a cluster that is handed in, saying that it is there. */
  apiServer: 5_000,
  /** A namespace being gone after its deletion, with all that is in it. */
  namespaceGone: 90_000,
  /** Everything that a teardown does; it never shares a deadline with what it tears down. */
  teardown: 20_000,
  /** Asking an image registry whether it is there, before falling back to built images. */
  registryProbe: 4_000,
  /** Between asking a build's processes to end and making them. */
  commandGrace: 2_000,
  /** One command by which `doctor` tries whether something works. */
  examination: 15_000,
  /** Chromium starting, with a new profile. */
  browser: 60_000,
  /** An RPC by a page, which has to be opened first. */
  page: 30_000,
  /** Access-log lines of an RPC that has ended: Envoy flushes its file once a second. */
  accessLogFlush: 5_000,
  /** The collector's answer about one RPC; entries are there before the reply is sent. One answers for a thousand at once. */
  ledger: 15_000,
  /** Entries of an RPC that has ended for its client being complete, cancellations on their way included. */
  ledgerSettle: 3_000,
  /** The collector's answer about all RPCs of a change under traffic: tens of thousands of entries. */
  trafficLedger: 30_000,
  /** `istioctl analyze` over files; hundreds of objects take it a second. */
  istioctlAnalyze: 60_000,
  /** An RPC of a case that names no limit of its own, after which the harness gives up on it. */
  rpc: 20_000,
} as const;
