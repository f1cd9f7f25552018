/** `phoi phantom`: a synthetic thorax CT with known nodules. */
import { writePhantom, type WritePhantomOptions } from '../phantom/write-phantom.ts';
import { UsageError, readArguments, readNumber, type Command } from './command.ts';

const positions = ['HFS', 'FFS', 'HFP', 'FFP'] as const;
const kernels = ['soft', 'standard', 'sharp'] as const;

function oneOf<const T extends string>(name: string, allowed: readonly T[], text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new UsageError(`--${name} must be one of ${allowed.join(', ')}`);
  return found;
}

/** Leaves out what is undefined, as exact optional properties want it. */
function defined<T extends object>(options: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

export const phantom: Command = {
  summary: 'writes a synthetic thorax CT with known nodules',
  usage: [
    'phoi phantom --out DIR [options]',
    '  --seed N          what is drawn at random is drawn from it (default 1)',
    '  --nodules K       how many nodules (default: drawn from the seed)',
    '  --slices N        number of slices (default: what the lungs need)',
    '  --spacing MM      distance between slices',
    '  --thickness MM    slice thickness',
    `  --kernel NAME     ${kernels.join(', ')}`,
    `  --position CODE   ${positions.join(', ')} (default HFS)`,
    '  --oblique DEG     gantry turned about the x axis',
    '  --enhanced        one Enhanced CT multi-frame object instead of a file a slice',
    'Writes IM0001 … and truth.json (positions in LPS mm). The same seed gives the same bytes.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, {
      out: { type: 'string' }, seed: { type: 'string', default: '1' }, nodules: { type: 'string' }, slices: { type: 'string' },
      spacing: { type: 'string' }, thickness: { type: 'string' }, kernel: { type: 'string' }, position: { type: 'string' },
      oblique: { type: 'string' }, enhanced: { type: 'boolean', default: false },
    });
    if (positionals.length > 0) throw new UsageError(`unexpected ${positionals[0]}`);
    if (values.out === undefined) throw new UsageError('--out is missing');
    const oblique = readNumber('oblique', values.oblique, { min: -45, max: 45 });
    const { truth, files } = await writePhantom(defined<WritePhantomOptions>({
      out: values.out,
      seed: readNumber('seed', values.seed, { min: 0, max: 2 ** 31 - 1, integer: true })!,
      nodules: readNumber('nodules', values.nodules, { min: 0, max: 40, integer: true }),
      slices: readNumber('slices', values.slices, { min: 1, max: 2000, integer: true }),
      sliceSpacingMm: readNumber('spacing', values.spacing, { min: 0.2, max: 20 }),
      sliceThicknessMm: readNumber('thickness', values.thickness, { min: 0.2, max: 20 }),
      columns: undefined, pixelSpacingMm: undefined, diameterRangeMm: undefined, noise: undefined, contrast: undefined, studyLabel: undefined,
      kernel: oneOf('kernel', kernels, values.kernel),
      patientPosition: oneOf('position', positions, values.position),
      obliqueDegrees: oblique === undefined ? undefined : [oblique, 0, 0],
      enhanced: values.enhanced,
    }));
    if (values.json) console.log(JSON.stringify(truth, undefined, 2));
    else console.log(`${files} files and truth.json in ${values.out}: ${truth.nodules.length} nodules, study ${truth.studyInstanceUID}`);
    return 0;
  },
};
