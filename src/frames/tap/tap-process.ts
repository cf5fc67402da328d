import { join } from 'node:path';
import { fork, type ChildProcess } from 'node:child_process';
import { messageOf, SetupError } from '../../errors.ts';
import { TYPESCRIPT_ARGUMENTS } from '../../paths.ts';
import type { ConnectionTimeline } from '../timeline/events.ts';
import type { FromTaps, Question, TapAddress, TapPlace, ToTaps } from './process-messages.ts';
import type { CertificateIssuer, WantedCertificate } from './tls-legs.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A tap that lives in another process. */
export interface DistantTap extends TapAddress, AsyncDisposable {
  /** Decodes what was seen by now. To be called when the RPC is over. */
  connections(): Promise<readonly ConnectionTimeline[]>;
}

/**
 * Taps in a process of their own: a client that is busy does not delay them, nor they a client, and the times that they
 * write down are those of the bytes. It ends with this process, which it does not keep alive.
 */
export class TapProcess implements AsyncDisposable {
  readonly #issuer: CertificateIssuer;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #over: Error | undefined;

  /** @param issuer stays in this process, and its key with it */
  constructor(issuer: CertificateIssuer) {
    this.#issuer = issuer;
    this.#child = fork(join(import.meta.dirname, 'process-main.ts'), {
      execArgv: [...TYPESCRIPT_ARGUMENTS],
      // Of what it says there is nothing to be read but a defect.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#child.on('message', (message: FromTaps) => {
      if ('issue' in message) this.#issue(message.issue, message.wanted);
      else this.#answered(message);
    });
    this.#child.on('error', (cause) =>
      this.#end(new SetupError('the process of the taps could not be started', { cause })),
    );
    this.#child.on('exit', () => this.#end(new SetupError('the process of the taps has ended')));
    this.#keepAlive(false);
  }

  /** @throws SetupError with the message of listen(2)'s error, such as EADDRINUSE */
  async tapBefore(place: TapPlace): Promise<DistantTap> {
    const { id, value } = this.#ask({ do: 'start', place, authorityPem: this.#issuer.authorityPem });
    const { address, port } = (await value) as TapAddress;
    return {
      address,
      port,
      connections: () => this.#ask({ do: 'read', tap: id }).value as Promise<readonly ConnectionTimeline[]>,
      [Symbol.asyncDispose]: async () => {
        await this.#ask({ do: 'stop', tap: id }).value;
      },
    };
  }

  /** Ends it with all its taps. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over !== undefined) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  #ask(question: Question): { readonly id: number; readonly value: Promise<unknown> } {
    const id = ++this.#asked;
    const value = new Promise((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(this.#over);
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#keepAlive(true);
      this.#tell({ id, ...question });
    });
    return { id, value };
  }

  #answered(message: Exclude<FromTaps, { issue: number }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#keepAlive(false);
    if ('value' in message) waiting?.resolve(message.value);
    else waiting?.reject(new SetupError(message.failed));
  }

  #issue(issued: number, wanted: WantedCertificate): void {
    this.#issuer.issue(wanted).then(
      ({ certificate, key }) => this.#tell({ issued, pair: { certificate, key } }),
      (error: unknown) => this.#tell({ issued, failed: messageOf(error) }),
    );
  }

  #tell(message: ToTaps): void {
    // A process that is gone tells so itself.
    this.#child.send(message, () => undefined);
  }

  #keepAlive(wanted: boolean): void {
    const how = wanted ? 'ref' : 'unref';
    this.#child[how]();
    this.#child.channel?.[how]();
  }

  #end(error: Error): void {
    this.#over ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#over);
    this.#waiting.clear();
  }
}
