import type { Activity, Progress } from '../progress.ts';

/** What a terminal can do; formatting depends on this alone, so it can be tested without one. */
export interface Terminal {
  readonly isTTY: boolean;
  readonly colour: boolean;
  readonly columns: number;
  write(text: string): void;
}

/** Colours only on a terminal, and never against NO_COLOR (no-color.org). */
export function terminalOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Terminal {
  const isTTY = stream.isTTY;
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  return {
    isTTY,
    colour: forced || (isTTY && !env.NO_COLOR && env.TERM !== 'dumb'),
    get columns() {
      return stream.columns || 80;
    },
    write: (text) => void stream.write(text),
  };
}

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;

export function paint(terminal: Terminal, style: keyof typeof CODES, text: string): string {
  return terminal.colour ? `\u001B[${CODES[style]}m${text}\u001B[0m` : text;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** Without a terminal, anything that takes longer than this says that it has begun, and then that it goes on. */
const QUIET_MS = 2_000;
const REMIND_MS = 30_000;

interface Running {
  readonly title: string;
  readonly started: number;
  text: string;
  announced: number;
}

/**
 * Draws progress: on a terminal the running activities stand in the last lines, redrawn in place; elsewhere
 * each is one line when it ends, and one before that if it takes long.
 */
export class Screen implements Progress {
  readonly #terminal: Terminal;
  readonly #running = new Set<Running>();
  #drawn = 0;
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  begin(title: string): Activity {
    const activity: Running = { title, started: performance.now(), text: '', announced: 0 };
    this.#running.add(activity);
    this.#timer ??= setInterval(() => this.#tick(), FRAME_MS).unref();
    const end = (mark: string, text: string) => {
      if (!this.#running.delete(activity)) return;
      const seconds = ((performance.now() - activity.started) / 1000).toFixed(1);
      this.#print(`${mark} ${title}${text} ${paint(this.#terminal, 'dim', `${seconds} s`)}`);
      if (this.#running.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    };
    return {
      detail: (text) => {
        activity.text = text;
      },
      done: (text) => end(paint(this.#terminal, 'green', '✔'), text === undefined ? '' : `: ${text}`),
      failed: (text) => end(paint(this.#terminal, 'red', '✖'), `: ${text.split('\n')[0] ?? ''}`),
    };
  }

  note(text: string): void {
    this.#print(`${paint(this.#terminal, 'yellow', '•')} ${text}`);
  }

  /** A line that stays, above the running activities. */
  #print(line: string): void {
    this.#erase();
    this.#terminal.write(`${line}\n`);
    this.#draw();
  }

  #tick(): void {
    this.#frame++;
    if (this.#terminal.isTTY) {
      this.#erase();
      this.#draw();
      return;
    }
    const now = performance.now();
    for (const activity of this.#running) {
      const due = activity.announced === 0 ? activity.started + QUIET_MS : activity.announced + REMIND_MS;
      if (now < due) continue;
      activity.announced = now;
      const seconds = Math.round((now - activity.started) / 1000);
      this.#terminal.write(
        `… ${activity.title}${activity.text ? `: ${activity.text}` : ''} (${seconds} s)\n`,
      );
    }
  }

  #erase(): void {
    if (this.#drawn > 0) this.#terminal.write(`\u001B[${this.#drawn}A\u001B[0J`);
    this.#drawn = 0;
  }

  #draw(): void {
    if (!this.#terminal.isTTY) return;
    const frame = FRAMES[this.#frame % FRAMES.length] ?? '';
    const lines = [...this.#running].map((activity) => {
      const seconds = ((performance.now() - activity.started) / 1000).toFixed(0);
      const plain = `${frame} ${activity.title} ${seconds} s${activity.text ? `  ${activity.text}` : ''}`;
      return plain.slice(0, Math.max(20, this.#terminal.columns - 1));
    });
    for (const line of lines) this.#terminal.write(`${line}\n`);
    this.#drawn = lines.length;
  }
}
