/** Which program serves what. The table for readers is docs/services.md. */

export interface SampleService {
  /** Full name of the gRPC service. */
  readonly name: string;
  /** The requests' field 1, in which the domain's own value arrives. */
  readonly requestKey: string;
  /** Field 1 of a reply, and of the reply to a client stream. */
  readonly replyKey: string;
  readonly summaryKey: string;
  /** Put before the value in field 1 of every reply. */
  readonly prefix?: string;
}

export interface SampleRole {
  /** The name of its Deployment and Service, unless SERVICE_NAME says otherwise. */
  readonly deployment: string;
  readonly services: readonly SampleService[];
}

const users = { requestKey: 'user_id', replyKey: 'user_id', summaryKey: 'user_ids' };

export const SAMPLE_ROLES: Readonly<Record<string, SampleRole>> = {
  greeter: {
    deployment: 'grpc-service',
    services: [
      {
        name: 'mypackage.Greeter',
        requestKey: 'name',
        replyKey: 'message',
        summaryKey: 'message',
        prefix: 'Hello ',
      },
      { name: 'mypackage.UserServiceV2', ...users },
    ],
  },
  user: { deployment: 'user-grpc-service', services: [{ name: 'mypackage.UserService', ...users }] },
  order: {
    deployment: 'order-grpc-service',
    services: [
      {
        name: 'mypackage.OrderService',
        requestKey: 'order_id',
        replyKey: 'order_id',
        summaryKey: 'order_ids',
      },
    ],
  },
  streaming: {
    deployment: 'streaming-service',
    services: [
      { name: 'mypackage.StreamingService', requestKey: 'topic', replyKey: 'topic', summaryKey: 'topics' },
    ],
  },
};

/** The role whose program keeps the ledger instead of serving samples. */
export const COLLECTOR_ROLE = 'collector';

/** The role whose program answers every method, in the place of a backend that is not there. */
export const STAND_IN_ROLE = 'stand-in';

/** The role whose program makes RPCs as it is told. */
export const CALLER_ROLE = 'caller';

/** The role whose program speaks HTTP/1.1 and no gRPC. */
export const HTTP1_ROLE = 'http1';
