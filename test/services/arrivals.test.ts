import { expect, it } from 'vitest';
import { Arrivals } from '../../services/arrivals.ts';
import { Connections } from '../../services/connections.ts';

it('says what is wrong when grpc-js calls an interceptor in another way than expected', () => {
  const ignore = (): void => undefined;
  const connections = new Connections({ tappedBy: undefined, accept: ignore });
  const arrivals = new Arrivals(connections, { arrived: ignore, unclaimed: ignore });
  const claimed = arrivals.claim('/mypackage.Greeter/SayHello');
  expect(claimed).toBeInstanceOf(Error);
  expect((claimed as Error).message).toMatch(
    /stream of an RPC to \/mypackage.Greeter\/SayHello is not known.*Node or of @grpc\/grpc-js/,
  );
});
