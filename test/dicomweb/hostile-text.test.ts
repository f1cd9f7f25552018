import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAccept, parseMediaType } from '../../src/dicomweb/media-type.ts';
import { parseQuery } from '../../src/dicomweb/qido.ts';
import { parseViewport } from '../../src/dicomweb/viewport.ts';
import { parseWindow } from '../../src/dicomweb/window.ts';
import { AppError } from '../../src/errors.ts';
import { presentedToken } from '../../src/http/plugins/protection.ts';
import { fileNameOf } from '../../src/http/uploads/form-file.ts';
import { cpuTimeMs } from '../helpers/cpu-time.ts';

/** Text made of the marks that the grammars know, in any order. */
const marks = fc.array(fc.constantFrom('"', '\\', ';', ',', '=', '/', '*', ' ', '\t', 'type', 'boundary', 'filename', 'q', '0', '.', '-', '%22', 'Basic', 'a', '\u0000', 'é'), { maxLength: 60 }).map((parts) => parts.join(''));
const text = fc.oneof(marks, fc.string());

/** Runs it; only errors with a code are allowed. */
function tolerates(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('HTTP_BAD_REQUEST');
  }
}

describe('text from outside', () => {
  it('is read or refused with a code, never anything else', () => {
    fc.assert(fc.property(text, text, (one, two) => {
      tolerates(() => parseAccept(`${one},${two}`));
      tolerates(() => parseMediaType(`multipart/related;${one}`));
      tolerates(() => parseQuery(new URLSearchParams(`${one}=${two}&limit=${two}`), {}, 10));
      tolerates(() => parseWindow(one));
      tolerates(() => parseViewport(two));
      tolerates(() => fileNameOf(`form-data; filename="${one}`));
      tolerates(() => presentedToken(`Basic ${one}`));
    }), { numRuns: 2000 });
  });

  it('takes no longer for long input', () => {
    const long = ['"\\', ';a="', 'a/b;', ', ', ' \t', '=;', '\\"'].map((piece) => piece.repeat(8000 / piece.length));
    const started = cpuTimeMs();
    for (const one of long) {
      tolerates(() => parseAccept(`multipart/related;a="${one}`));
      tolerates(() => parseMediaType(one));
      tolerates(() => fileNameOf(`form-data;${one}; filename="${one}`));
      tolerates(() => parseWindow(one));
      tolerates(() => parseViewport(one));
    }
    expect(cpuTimeMs() - started).toBeLessThan(2000);
  });
});
