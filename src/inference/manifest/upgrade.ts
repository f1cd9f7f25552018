/** A manifest of the first version, said in the words of the present one. Nothing of its meaning changes. */
import type { ClassifierManifest, DetectorManifest, ModelManifest } from './manifest.ts';
import type { ClassifierManifest1, DetectorManifest1, ModelManifest1 } from './version-1.ts';

function upgradeDetector({ input, output, postprocess, chain, ...rest }: DetectorManifest1): DetectorManifest {
  const { clipHU, scaleTo, name, spacingMm, padHU, batch, window, overlap } = input;
  const { threshold, nmsRadiusMm, maxCandidates, lungMask } = postprocess;
  return {
    ...rest,
    manifestVersion: '2',
    input: { kind: 'windows', name, spacingMm, intensity: { kind: 'window', clipHU, scaleTo }, padHU, batch, window, overlap },
    output: {
      kind: 'heatmap', probability: { name: output.name, activation: output.activation }, stride: output.stride,
      ...(output.offset && { offset: output.offset }), ...(output.diameter && { diameter: output.diameter }),
    },
    postprocess: { threshold, nms: [{ kind: 'distance', radiusMm: nmsRadiusMm }], maxCandidates, lungMask },
    ...(chain && { chain: [{ classifiers: [{ model: chain.candidateClassifier }], combine: chain.combine === 'product' ? 'product' : 'replace' }] }),
  };
}

function upgradeClassifier({ input, ...rest }: ClassifierManifest1): ClassifierManifest {
  const { clipHU, scaleTo, ...kept } = input;
  return { ...rest, manifestVersion: '2', input: { ...kept, kind: 'patch', intensity: { kind: 'window', clipHU, scaleTo } } };
}

export function upgradeManifest(manifest: ModelManifest1): ModelManifest {
  return manifest.task === 'detector' ? upgradeDetector(manifest) : upgradeClassifier(manifest);
}
