/** The measurement group of an annotated nodule (PS3.16 TID 1411): by people, so no algorithm is named (TID 4019). */
import type { Dataset } from '../dicom/dataset.ts';
import { dcm, noduleTypeCodes, other, phoi, sct } from '../results/codes.ts';
import { code, container, image, num, scoord3d, textItem, uidReference } from '../results/content-item.ts';
import { siteItem, tracking } from '../results/measurement-groups.ts';
import { frameOfReference } from '../results/references.ts';
import { segmentationStorage } from '../results/seg.ts';
import { characteristicCode, diameterMethodCodes, truthCodes } from './truth-codes.ts';
import type { TrackedNodule, Truth } from './truth.ts';

function agreementItems({ agreement }: TrackedNodule): readonly Dataset[] {
  if (agreement === undefined) return [];
  const { outlined, marked, readers, ratings } = agreement;
  return [
    num('CONTAINS', truthCodes.readersOutlined, outlined, truthCodes.readers),
    num('CONTAINS', truthCodes.readersMarked, marked, truthCodes.readers),
    num('CONTAINS', truthCodes.readersOfSeries, readers, truthCodes.readers),
    ...Object.entries(ratings).map(([name, rating]) => {
      const concept = characteristicCode(name);
      return concept === undefined ? textItem('CONTAINS', dcm.comment, `${name}: ${rating}, median of the readers`) : num('CONTAINS', concept, rating, truthCodes.rating);
    }),
  ];
}

export function truthGroup({ input, source: { seriesInstanceUID } }: Truth, nodule: TrackedNodule, segment: { readonly sopInstanceUID: string; readonly segmentNumber: number }): Dataset {
  const { worldPoint, diameterMm, diameterFrom, volumeMm3, type, confidence, description } = nodule;
  return container('CONTAINS', dcm.measurementGroup, [
    ...tracking(nodule),
    code('CONTAINS', sct.findingCategory, sct.morphologicallyAbnormal),
    code('CONTAINS', dcm.finding, sct.nodule),
    image('CONTAINS', dcm.referencedSegment, { sopClassUID: segmentationStorage, ...segment }),
    uidReference('CONTAINS', dcm.sourceSeriesForSegmentation, seriesInstanceUID),
    scoord3d('CONTAINS', dcm.center, 'POINT', worldPoint, frameOfReference(input)),
    siteItem({ laterality: 'unknown' }),
    num('CONTAINS', sct.diameter, diameterMm, other.millimetre, [code('HAS CONCEPT MOD', sct.measurementMethod, diameterMethodCodes[diameterFrom])]),
    ...(volumeMm3 === undefined ? [] : [num('CONTAINS', sct.volume, volumeMm3, other.cubicMillimetre, [code('HAS CONCEPT MOD', sct.measurementMethod, dcm.sumOfSegmentedVoxels)])]),
    ...agreementItems(nodule),
    ...(type === undefined ? [] : [code('CONTAINS', phoi.composition, noduleTypeCodes[type])]),
    ...(confidence === undefined ? [] : [textItem('CONTAINS', truthCodes.confidence, confidence)]),
    textItem('CONTAINS', dcm.comment, description),
  ], '1411');
}
