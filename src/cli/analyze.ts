/** `phoi analyze`: one folder, or one volume file, through the clinic's code, without a server. */
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { filesBelow } from '../dimse/read-folder.ts';
import { statesVolume } from '../findings/notes.ts';
import { analyzeLooseVolume } from '../inference/analyze-loose-volume.ts';
import { analyzeStudy, type AnalysisResult } from '../inference/analyze-study.ts';
import { loadPipeline, parseModelName, type ModelPipeline } from '../inference/registry.ts';
import { buildAnalysisObjects } from '../results/analysis-objects.ts';
import type { ResultObject } from '../results/input.ts';
import { readSettings, version } from '../settings.ts';
import { isVolumeFileName } from '../volume-files/read-volume-file.ts';
import { readLooseVolume } from '../volume-files/loose-volume.ts';
import { onePath, readArguments, UsageError, type Command } from './command.ts';
import { writeKeyImages } from './key-images.ts';
import { createProgressBar } from './progress-bar.ts';

function summary({ findings }: AnalysisResult, out: string): string {
  const lines = findings.status === 'not-analysed'
    ? [`Not analysed: ${findings.reason!.text.en} [${findings.reason!.code}]`]
    : [
      findings.findings.length === 0
        ? `Analysed: nothing at or above the operating point ${findings.operatingPoint}`
        : `${findings.findings.length} findings at or above the operating point ${findings.operatingPoint}`,
      ...findings.findings.map((finding) => [
        finding.trackingIdentifier.padEnd(10), `${Math.min(99, Math.round(finding.probability * 100))} %`.padStart(5),
        `${finding.diameterMm.toFixed(1)} mm`.padStart(8), (statesVolume(finding) ? `${Math.round(finding.volumeMm3)} mm³` : 'no volume').padStart(10), finding.type.padEnd(12),
        (finding.lobe ?? finding.laterality).padEnd(13), `LPS ${finding.worldPoint.map((value) => value.toFixed(1)).join(' ')}`,
      ].join('  ')),
    ];
  return [
    ...lines, ...findings.warnings.map(({ code, text }) => `Warning: ${text.en} [${code}]`),
    `Written to ${out}. Not a certified medical device: a radiologist decides.`,
  ].join('\n');
}

/** True when the file has the preamble and prefix of PS3.10 7.1; what follows may still be broken, and is then named in the result. */
async function isPart10(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const prefix = Buffer.alloc(4);
    const { bytesRead } = await file.read(prefix, 0, 4, 128);
    return bytesRead === 4 && prefix.toString('latin1') === 'DICM';
  } finally {
    await file.close();
  }
}

async function analyzeFolder(path: string, model: ModelPipeline, onProgress: (stage: string, fraction: number) => void): Promise<{ readonly result: AnalysisResult; readonly files: readonly string[] }> {
  const files: string[] = [];
  for await (const file of filesBelow(path)) {
    if (await isPart10(file)) files.push(file);
    else console.error(`left out ${file}: not a DICOM file`);
  }
  if (files.length === 0) throw new AppError('DICOM_NOT_PART10', 'There is no DICOM file');
  return { result: await analyzeStudy({ instances: files.map((file) => ({ read: () => readFile(file) })), model, onProgress }), files };
}

/** File names: by role; those of which there may be several (pictures, label maps) are numbered. */
function named(objects: readonly ResultObject[]): readonly { readonly name: string; readonly part10: Uint8Array }[] {
  const counts = new Map<string, number>();
  return objects.map(({ role, part10 }) => {
    const count = (counts.get(role) ?? 0) + 1;
    counts.set(role, count);
    return { name: role === 'sc' || count > 1 ? `${role}-${String(count).padStart(2, '0')}.dcm` : `${role}.dcm`, part10 };
  });
}

export const analyze: Command = {
  summary: 'analyses one folder of DICOM, or one volume file, without a server',
  usage: [
    'phoi analyze PATH --out DIR [--model ID[@VERSION]] [--json]',
    '  PATH   a DICOM file, a folder of them, or a volume: .mhd, .mha, .nii, .nii.gz, .nrrd, .nhdr (findings.json alone)',
    '  Writes findings.json, the DICOM objects (sr.dcm, seg.dcm, pr.dcm, ko.dcm, pictures sc-01.dcm …, and what the settings',
    '  under "results" ask for) and a key image of each finding (nodule-01.png, …).',
    '  A study that cannot be analysed is a result too (status "not-analysed"), with exit code 0.',
  ].join('\n'),
  async run(args) {
    const { values, positionals } = readArguments(args, { out: { type: 'string' }, model: { type: 'string' } });
    const path = onePath(positionals, 'PATH');
    const { out } = values;
    if (out === undefined) throw new UsageError('--out is missing');
    const settings = readSettings(process.env);
    const wanted = parseModelName(values.model ?? settings.model);
    const model = await loadPipeline(settings.modelsDir, wanted.id, { ...settings.inference, ...(wanted.version !== undefined && { version: wanted.version }) });
    const bar = createProgressBar();
    try {
      const onProgress = (stage: string, fraction: number): void => bar.update(stage, fraction);
      const { result, files } = isVolumeFileName(path)
        ? { result: await analyzeLooseVolume({ model, onProgress, read: (report, signal) => readLooseVolume(path, { signal, onProgress: report }) }), files: [] }
        : await analyzeFolder(path, model, onProgress);
      bar.done();
      await mkdir(out, { recursive: true });
      await writeFile(join(out, 'findings.json'), `${JSON.stringify(result.findings, undefined, 2)}\n`);
      for (const { name, part10 } of named(await buildAnalysisObjects(result, { softwareVersion: version, options: settings.results }))) await writeFile(join(out, name), part10);
      await writeKeyImages(result.findings.findings, files, out);
      console.log(values.json ? JSON.stringify(result.findings, undefined, 2) : summary(result, out));
      return 0;
    } finally {
      bar.done();
      await model.release();
    }
  },
};
