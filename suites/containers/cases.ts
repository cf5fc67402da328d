import type { Case } from '../../src/conformance/model.ts';
import { connectionCases } from './connections.ts';
import { grpcurlCases } from './grpcurl.ts';
import { rpcCases } from './rpcs.ts';

/** Clients of another stack, as containers on the cluster's network. */
export const cases: readonly Case[] = [...rpcCases, ...connectionCases, ...grpcurlCases];
