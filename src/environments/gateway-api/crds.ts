import { join } from 'node:path';

/** The version of the definitions in crds.json, standard channel: that of the pinned Istio's go.mod. */
export const GATEWAY_API_VERSION = 'v1.6.0';

/** Gateway API's own definitions (kubernetes-sigs/gateway-api, Apache-2.0) without the descriptions of fields. */
export const CRDS = join(import.meta.dirname, 'crds.json');
