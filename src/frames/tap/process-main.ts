import { messageOf, SetupError } from '../../errors.ts';
import { ClientTap } from './client-tap.ts';
import type { FromTaps, Question, ToTaps } from './process-messages.ts';
import { TlsImpersonator, type KeyPair } from './tls-legs.ts';

const taps = new Map<number, ClientTap>();
const issuing = new Map<number, { resolve(pair: KeyPair): void; reject(error: Error): void }>();
let issued = 0;

const say = (message: FromTaps): void => void process.send?.(message);

/** One for all taps, since it makes certificates. */
let tls: TlsImpersonator | undefined;

const impersonator = (authorityPem: string): TlsImpersonator =>
  new TlsImpersonator({
    authorityPem,
    issue: (wanted) =>
      new Promise((resolve, reject) => {
        issued++;
        issuing.set(issued, { resolve, reject });
        say({ issue: issued, wanted });
      }),
  });

function tapOf(id: number): ClientTap {
  const tap = taps.get(id);
  if (tap === undefined) throw new SetupError(`there is no tap ${id}`);
  return tap;
}

async function answer(id: number, question: Question): Promise<Extract<FromTaps, { value: unknown }>> {
  switch (question.do) {
    case 'start': {
      tls ??= impersonator(question.authorityPem);
      const tap = await ClientTap.start({ ...question.place, tls });
      taps.set(id, tap);
      return { id, value: { address: tap.address, port: tap.port } };
    }
    case 'read':
      return { id, value: tapOf(question.tap).connections() };
    case 'stop': {
      const tap = tapOf(question.tap);
      taps.delete(question.tap);
      await tap[Symbol.asyncDispose]();
      return { id, value: null };
    }
  }
}

process.on('message', (message: ToTaps) => {
  if ('do' in message) {
    const { id } = message;
    answer(id, message).then(say, (error: unknown) => say({ id, failed: messageOf(error) }));
    return;
  }
  const waiting = issuing.get(message.issued);
  issuing.delete(message.issued);
  if ('pair' in message) waiting?.resolve(message.pair);
  else waiting?.reject(new SetupError(message.failed));
});

// Whoever asks is gone, however that came.
process.on('disconnect', () => process.exit());
// Ctrl-C goes to the whole group of processes; the one that asks decides when its taps end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
