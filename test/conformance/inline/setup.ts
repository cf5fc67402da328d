import { afterAll } from 'vitest';
import { provideSession, type Session } from '../../../src/conformance/session.ts';
import { RefusedError, SetupError } from '../../../src/errors.ts';
import { askOnce } from '../../../src/conformance/configured.ts';
import { ConfigDump } from '../../../src/evidence/config-dump.ts';
import { Ledger } from '../../../src/evidence/ledger.ts';
import { startLoopback } from '../../clients/loopback.ts';

const closers = new AsyncDisposableStack();
afterAll(() => closers.disposeAsync());

provideSession(async () => {
  const loopback = closers.use(await startLoopback('user'));
  const ledger = closers.use(new Ledger(loopback.collectorAddress));
  let configuration = '';
  const read: Session['ledger'] = {
    sightings: (...asked) => ledger.sightings(...asked),
    entriesOf: (id) => ledger.entriesOf(id),
    settledEntriesOf: (...asked) => {
      if (configuration === 'ledger-gone') throw new SetupError('the collector is gone');
      return ledger.settledEntriesOf(...asked);
    },
  };
  const configDump = new ConfigDump(() => Promise.resolve('{"configs":[]}'));
  const inEffect = askOnce([], 'istio-system', configDump);
  return {
    capabilities: ['node-port'],
    istio: '1.24.0',
    target: loopback.target,
    targetFor: () => Promise.resolve(loopback.target),
    gatewayLog: { linesOf: () => [], waitForLines: () => Promise.resolve([]), preflightsOf: () => [] },
    envoy: undefined,
    tapped: false,
    tap: () => Promise.reject(new SetupError('there are no taps here')),
    ledger: read,
    configDump,
    inEffect: () => inEffect,
    podLogs: () => Promise.resolve({ 'default.grpc-service.greeter': 'started\n' }),
    signal: new AbortController().signal,
    results: process.env.INLINE_RESULTS ?? '',
    useConfiguration: (name) => {
      configuration = name;
      if (name === 'refused') {
        return Promise.reject(
          new RefusedError('VirtualService default/grpc-routing', 'spec.http: must not be empty'),
        );
      }
      if (name === 'broken')
        return Promise.reject(new SetupError('the gateway never got it', { hint: 'Look at istiod.' }));
      return Promise.resolve();
    },
    calm: () => Promise.resolve(),
    changeConfiguration: () => Promise.resolve(),
    restart: () => Promise.resolve(),
    admit: () => Promise.resolve({ accepted: true, message: '' }),
  };
});
