/** What is shown while a bench runs. */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { progressLabel } from '../../src/bench/progress-label.ts';
import { createProgressBar } from '../../src/cli/progress-bar.ts';

describe('the time that is left', () => {
  it.each([
    [{ known: 0, done: 1, total: 4, seconds: 20 }, '1 of 4 cases, 60 s left'],
    [{ known: 6, done: 2, total: 4, seconds: 1 }, '8 of 10 cases, 1 s left'],
    [{ known: 0, done: 10, total: 30, seconds: 600 }, '10 of 30 cases, 20 min left'],
    [{ known: 0, done: 1, total: 100, seconds: 300 }, '1 of 100 cases, 8.3 h left'],
    [{ known: 3, done: 4, total: 4, seconds: 80 }, '7 of 7 cases'],
  ])('%o', (progress, label) => {
    expect(progressLabel(progress)).toBe(label);
  });
});

describe('the bar', () => {
  const draw = (isTTY: boolean, use: (bar: ReturnType<typeof createProgressBar>) => void): string => {
    let written = '';
    const stream = Object.assign(new Writable({ write(chunk: Buffer, _encoding, next) { written += chunk.toString(); next(); } }), { isTTY });
    use(createProgressBar(stream as unknown as NodeJS.WriteStream));
    return written;
  };

  it('is rewritten in place, once for each state, and taken away', () => {
    const written = draw(true, (bar) => {
      bar.update('1 of 4 cases, 60 s left', 0.25);
      bar.update('1 of 4 cases, 60 s left', 0.25);
      bar.update('beyond', 1.7);
      bar.done();
      bar.done();
    });
    expect(written.split('\r\u001b[2K')).toEqual(['', `${'█'.repeat(7)}${'░'.repeat(21)}  25 %  1 of 4 cases, 60 s left`, `${'█'.repeat(28)} 100 %  beyond`, '']);
  });

  it('is not written where nobody looks at it', () => {
    expect(draw(false, (bar) => { bar.update('x', 0.5); bar.done(); })).toBe('');
  });
});
