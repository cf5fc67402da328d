import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Screen, type Terminal, terminalOf } from '../../src/cli/screen.ts';

function terminal(isTTY: boolean, colour = false): Terminal & { text: string } {
  return {
    text: '',
    isTTY,
    colour,
    columns: 80,
    write(text) {
      this.text += text;
    },
  };
}

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('without a terminal, quick work is one line, long work says that it goes on', () => {
    const screen = terminal(false);
    const progress = new Screen(screen);
    progress.begin('Quick').done();
    const slow = progress.begin('Slow');
    slow.detail('halfway');
    vi.advanceTimersByTime(2_500);
    slow.done();
    expect(screen.text).toBe('✔ Quick 0.0 s\n… Slow: halfway (2 s)\n✔ Slow 2.5 s\n');
  });

  test('on a terminal, what runs stands below what is done, and is redrawn', () => {
    const screen = terminal(true);
    const progress = new Screen(screen);
    const first = progress.begin('First');
    const second = progress.begin('Second');
    vi.advanceTimersByTime(200);
    first.done();
    expect(screen.text).toContain('\u001B[2A\u001B[0J✔ First 0.2 s\n');
    second.failed('it broke\nwith details');
    expect(screen.text.endsWith('✖ Second: it broke 0.2 s\n')).toBe(true);
  });

  test('an activity ends once', () => {
    const screen = terminal(false);
    const activity = new Screen(screen).begin('Once');
    activity.done();
    activity.failed('late');
    expect(screen.text).toBe('✔ Once 0.0 s\n');
  });
});

test.each([
  { isTTY: true, env: {}, colour: true },
  { isTTY: true, env: { NO_COLOR: '1' }, colour: false },
  { isTTY: true, env: { TERM: 'dumb' }, colour: false },
  { isTTY: false, env: {}, colour: false },
  { isTTY: false, env: { FORCE_COLOR: '1' }, colour: true },
])('colour: a terminal $isTTY, $env: $colour', ({ isTTY, env, colour }) => {
  const stream = Object.assign(Object.create(process.stdout) as NodeJS.WriteStream, { isTTY, columns: 80 });
  expect(terminalOf(stream, env).colour).toBe(colour);
});
