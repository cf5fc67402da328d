import { hostname } from 'node:os';
import type { Metadata } from '@grpc/grpc-js';

/** Who answers: in every reply (message ServedBy), in every RPC's trailing metadata, in every ledger entry. */
export interface Identity {
  readonly service: string;
  readonly pod: string;
  readonly version: string;
  /** Of a server with xDS: whether its bootstrap file was there when the program began. */
  readonly bootstrap?: Bootstrap;
}

/** Whether the file that GRPC_XDS_BOOTSTRAP names was there when the program began. */
export type Bootstrap = 'present' | 'absent';

/** From SERVICE_NAME, POD_NAME and SERVICE_VERSION. */
export function identityOf(deployment: string, env: NodeJS.ProcessEnv, bootstrap?: Bootstrap): Identity {
  return {
    ...(bootstrap === undefined ? {} : { bootstrap }),
    service: env.SERVICE_NAME ?? deployment,
    pod: env.POD_NAME ?? hostname(),
    version: env.SERVICE_VERSION ?? 'v1',
  };
}

/** Adds the three keys, and a fourth where there is a bootstrap file to speak of, to trailing metadata, over any of the same name. */
export function sign(metadata: Metadata, identity: Identity): Metadata {
  metadata.set('x-meshproof-service', identity.service);
  metadata.set('x-meshproof-pod', identity.pod);
  metadata.set('x-meshproof-version', identity.version);
  if (identity.bootstrap !== undefined) metadata.set('x-meshproof-bootstrap', identity.bootstrap);
  return metadata;
}
