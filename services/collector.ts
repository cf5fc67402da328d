import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type {
  ForgetReply,
  ForgetRequest,
  ListReply,
  ListRequest,
  OpenReply,
  OpenRequest,
  SightingsReply,
  SightingsRequest,
  SightRequest,
  WriteRequest,
} from './contract.ts';
import { SightingStore } from './sighting-store.ts';
import { Store } from './store.ts';

/** Service meshproof.control.v1.Collector, over one {@link Store}. */
export function collectorImplementation(
  store = new Store(),
  sightings = new SightingStore(),
): UntypedServiceImplementation {
  return {
    Sight: (call: ServerUnaryCall<SightRequest, object>, reply: sendUnaryData<object>) => {
      sightings.add(call.request.sighting);
      reply(null, {});
    },
    Sightings: (
      call: ServerUnaryCall<SightingsRequest, SightingsReply>,
      reply: sendUnaryData<SightingsReply>,
    ) => reply(null, { sightings: sightings.list(call.request) }),
    Open: (call: ServerUnaryCall<OpenRequest, OpenReply>, reply: sendUnaryData<OpenReply>) =>
      reply(null, { attempt: store.open(call.request.entry) }),
    Write: (call: ServerUnaryCall<WriteRequest, object>, reply: sendUnaryData<object>) => {
      store.write(call.request.entry);
      reply(null, {});
    },
    List: (call: ServerUnaryCall<ListRequest, ListReply>, reply: sendUnaryData<ListReply>) =>
      reply(null, store.list(call.request)),
    Forget: (call: ServerUnaryCall<ForgetRequest, ForgetReply>, reply: sendUnaryData<ForgetReply>) => {
      sightings.forget(call.request.case_id);
      reply(null, { forgotten: store.forget(call.request.case_id) });
    },
  };
}
