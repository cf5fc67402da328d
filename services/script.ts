import { Metadata, status as Code } from '@grpc/grpc-js';
import { RefusalError, type Replies } from './answers.ts';
import type { Goaway, Script, ScriptedStatus, Step } from './contract.ts';
import { disowns, type Faults } from './faults.ts';
import { sign, type Identity } from './identity.ts';
import type { Ledger } from './ledger.ts';
import { metadataFrom } from './metadata.ts';
import type { Protos } from './protos.ts';
import type { Rpc } from './rpc.ts';

const ANSWER: readonly Step[] = [{ step: 'answer' }];
/** What an RPC without a script plays: the method's own behaviour. */
export const NO_SCRIPT: Script = {
  steps: [],
  fail_first: null,
  ignore_deadline: false,
  respond_with_deadline: false,
  before_request: false,
  compress: '',
};
const OK: ScriptedStatus = {
  code: Code.OK,
  message: '',
  details: [],
  trailing_metadata: [],
  after_headers: false,
};

/** Plays one script for one RPC. The steps' meaning is written in control.proto. */
export class Player {
  readonly #script: Script;
  readonly #rpc: Rpc;
  readonly #answers: Replies;
  readonly #ledger: Ledger;
  readonly #identity: Identity;
  readonly #protos: Protos;

  constructor(
    script: Script,
    rpc: Rpc,
    answers: Replies,
    ledger: Ledger,
    identity: Identity,
    protos: Protos,
  ) {
    this.#script = script;
    this.#rpc = rpc;
    this.#answers = answers;
    this.#ledger = ledger;
    this.#identity = identity;
    this.#protos = protos;
  }

  /** @throws RpcOverError, RefusalError, LedgerUnavailableError: the caller ends the RPC accordingly */
  async play(): Promise<void> {
    if (!this.#script.before_request) await this.#answers.readRequest();
    for (const step of this.#steps()) {
      const goesOn = await this.#do(step);
      this.#rpc.record.stepDone();
      if (!goesOn) return;
    }
    if (!this.#rpc.ended) await this.#end(OK);
  }

  #steps(): readonly Step[] {
    const { steps, fail_first: failing } = this.#script;
    if (failing !== null && this.#rpc.record.entry.attempt <= failing.attempts) {
      this.#rpc.record.failingOnPurpose();
      return failing.steps;
    }
    return steps.length === 0 ? ANSWER : steps;
  }

  /** @returns whether there is still something to do for the RPC */
  async #do(step: Step): Promise<boolean> {
    switch (step.step) {
      case 'headers':
        this.#rpc.sendHeaders(metadataFrom(step.headers.metadata));
        return true;
      case 'messages':
        await this.#sendMessages(step.messages);
        return true;
      case 'wait':
        await this.#rpc.wait(step.wait.ms);
        return true;
      case 'status':
        if (step.status.after_headers) this.#rpc.sendHeaders(new Metadata());
        await this.#end(step.status);
        await this.#rpc.flushed();
        return true;
      case 'reset':
        this.#rpc.record.resetSent(step.reset.code);
        await this.#write();
        await this.#faults.resetStream(this.#rpc.arrival.stream, step.reset.code);
        return false;
      case 'goaway':
        return this.#sendGoaway(step.goaway);
      case 'close_connection':
        this.#rpc.record.connectionClosed();
        await this.#write();
        this.#faults.closeConnection(step.close_connection.abort);
        return false;
      case 'drop_frames':
        this.#faults.dropFrames(this.#rpc.arrival.stream, step.drop_frames.frames);
        return true;
      case 'await_half_close':
        while ((await this.#rpc.receive()) !== undefined);
        return true;
      case 'await_messages':
        for (let read = 0; read < step.await_messages.count; read++) {
          if ((await this.#rpc.receive()) === undefined) break;
        }
        return true;
      case 'echo':
        await this.#answers.echo(step.echo.count);
        return true;
      case 'answer':
        await this.#answers.answer();
        return true;
      case undefined:
        throw new RefusalError(Code.INVALID_ARGUMENT, 'meshproof: a step of no known kind');
    }
  }

  async #sendMessages(messages: {
    count: number;
    payload_bytes: number;
    interval_ms: number;
  }): Promise<void> {
    const count = Math.max(1, messages.count);
    const turn = this.#rpc.pace(messages.interval_ms);
    for (let sent = 0; sent < count; sent++) {
      await turn(sent);
      await this.#answers.scripted(messages.payload_bytes);
    }
  }

  async #sendGoaway(goaway: Goaway): Promise<boolean> {
    this.#rpc.record.goawaySent(goaway.code, disowns(goaway));
    await this.#write();
    await this.#faults.sendGoaway(this.#rpc.arrival.stream, goaway);
    return !disowns(goaway);
  }

  get #faults(): Faults {
    const { tap } = this.#rpc.arrival.connection;
    if (tap === undefined)
      throw new RefusalError(Code.FAILED_PRECONDITION, 'meshproof: faults need FRAME_TAP, which is off');
    return tap.faults;
  }

  /** The entry goes out before what it announces. */
  async #write(): Promise<void> {
    await this.#ledger.write(this.#rpc.record);
    this.#rpc.check();
  }

  async #end(status: ScriptedStatus): Promise<void> {
    const metadata = metadataFrom(status.trailing_metadata);
    if (status.details.length > 0) {
      const { message, details } = status;
      metadata.set(
        'grpc-status-details-bin',
        this.#protos.control('StatusDetails').serialize({ code: status.code, message, details }),
      );
    }
    if (this.#script.respond_with_deadline) {
      metadata.set('x-meshproof-grpc-timeout', this.#rpc.record.entry.grpc_timeout || 'none');
    }
    this.#rpc.record.statusSent(status.code, status.message);
    await this.#write();
    this.#rpc.end({ code: status.code, details: status.message, metadata: sign(metadata, this.#identity) });
  }
}
