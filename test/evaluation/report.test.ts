import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/evaluation/evaluate.ts';
import { frocPlot } from '../../src/evaluation/froc-plot.ts';
import { createPointTable } from '../../src/evaluation/point-table.ts';
import { htmlReport } from '../../src/evaluation/report.ts';
import { createSeriesList } from '../../src/evaluation/series-list.ts';
import { shellWords } from '../../src/evaluation/shell-words.ts';
import { run } from '../helpers/run.ts';

const hostile = `"><script>alert(1)</script>&\u0001'.csv`;

function evaluation(name: string) {
  const series = createSeriesList(['a']);
  const table = (value: number) => {
    const points = createPointTable(1);
    points.add(0, 0, 0, 0, value);
    return points.build();
  };
  const identity = { name, sha256: '0'.repeat(64), bytes: 1 };
  return {
    ...evaluate({ series, included: table(5), excluded: table(-1), marks: table(0.5) }, { resamples: 50 }),
    files: { annotations: identity, excluded: identity, seriesUIDs: identity, results: identity },
    ignoredRows: { annotations: 0, excluded: 0, results: 0 },
  };
}

describe('report', () => {
  it('takes names of files and the command line as text', () => {
    const html = htmlReport(evaluation(hostile), { softwareVersion: '1', commandLine: ['phoi', 'evaluate', '--results', hostile] });
    expect(html).not.toContain('<script');
    expect(html).not.toContain('\u0001');
    expect(html).toContain('&lt;script&gt;alert(1)');
  });

  it('draws names and extreme sensitivities into a picture that can be read', async () => {
    for (const score of [evaluation(hostile).score, undefined]) {
      const { width } = await sharp(Buffer.from(frocPlot(hostile, score))).metadata();
      expect(width).toBe(880);
    }
  });
});

describe('command line', () => {
  it('is read back by a shell as the same words', async () => {
    const words = ['plain', '--out=a/b', '', 'two words', "it's", '$HOME', 'a"b', '\\', 'new\nline', 'é'];
    const { stdout } = await run('/bin/sh', ['-c', `printf '%s\\0' ${shellWords(words)}`]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(words);
  });
});
