import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type {
  ForgetReply,
  ForgetRequest,
  ListReply,
  ListRequest,
  OpenReply,
  OpenRequest,
  WriteRequest,
} from './contract.ts';
import { Store } from './store.ts';

/** Service meshproof.control.v1.Collector, over one {@link Store}. */
export function collectorImplementation(store = new Store()): UntypedServiceImplementation {
  return {
    Open: (call: ServerUnaryCall<OpenRequest, OpenReply>, reply: sendUnaryData<OpenReply>) =>
      reply(null, { attempt: store.open(call.request.entry) }),
    Write: (call: ServerUnaryCall<WriteRequest, object>, reply: sendUnaryData<object>) => {
      store.write(call.request.entry);
      reply(null, {});
    },
    List: (call: ServerUnaryCall<ListRequest, ListReply>, reply: sendUnaryData<ListReply>) =>
      reply(null, store.list(call.request)),
    Forget: (call: ServerUnaryCall<ForgetRequest, ForgetReply>, reply: sendUnaryData<ForgetReply>) =>
      reply(null, { forgotten: store.forget(call.request.case_id) }),
  };
}
