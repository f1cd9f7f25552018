/** The phantom as one Enhanced CT Image (PS3.3 A.38). */
import type { Dataset } from '../dicom/dataset.ts';
import type { PhantomDicomOptions, SeriesIdentity } from './dicom-header.ts';
import type { PhantomGrid, PhantomScene } from './types.ts';
import { put } from '../dicom/build.ts';
import { kernelNames } from './dicom-header.ts';
import { sliceThicknessOf } from './scanner.ts';
import { positionOf, putPixels } from './dicom-pixels.ts';
import { uidFromName } from '../dicom/uid.ts';
import { text } from '../dicom/access.ts';

type Fill = (item: Dataset) => void;

const item = (fill: Fill): Dataset => {
  const made: Dataset = {};
  fill(made);
  return made;
};

const code = (value: string, scheme: string, meaning: string): Dataset => item((d) => {
  put(d, 'CodeValue', value);
  put(d, 'CodingSchemeDesignator', scheme);
  put(d, 'CodeMeaning', meaning);
});

export function enhancedInstance(
  common: Dataset, scene: PhantomScene, grid: PhantomGrid, identity: SeriesIdentity, options: PhantomDicomOptions, frames: readonly Uint8Array[],
): Dataset {
  const dataset: Dataset = { ...common };
  const moment = `${text(common, 'StudyDate') ?? ''}${text(common, 'StudyTime') ?? ''}`;
  const dimension = uidFromName(`${identity.seriesInstanceUID} dimensions`);
  put(dataset, 'SOPClassUID', '1.2.840.10008.5.1.4.1.1.2.1');
  put(dataset, 'SOPInstanceUID', identity.instanceUID(1));
  put(dataset, 'ImageType', 'ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE');
  put(dataset, 'InstanceNumber', 1);
  put(dataset, 'AcquisitionNumber', 1);
  put(dataset, 'AcquisitionDateTime', moment);
  put(dataset, 'AcquisitionDuration', 4);
  put(dataset, 'ContentQualification', 'RESEARCH');
  put(dataset, 'PixelPresentation', 'MONOCHROME');
  put(dataset, 'VolumetricProperties', 'VOLUME');
  put(dataset, 'VolumeBasedCalculationTechnique', 'NONE');
  put(dataset, 'MultienergyCTAcquisition', 'NO');
  put(dataset, 'BurnedInAnnotation', 'NO');
  put(dataset, 'LossyImageCompression', '00');
  put(dataset, 'PresentationLUTShape', 'IDENTITY');
  put(dataset, 'NumberOfFrames', frames.length);
  put(dataset, 'AcquisitionContextSequence');
  put(dataset, 'DimensionOrganizationType', '3D');
  put(dataset, 'DimensionOrganizationSequence', item((d) => put(d, 'DimensionOrganizationUID', dimension)));
  const index = (pointer: string, group: string, label: string): Dataset => item((d) => {
    put(d, 'DimensionOrganizationUID', dimension);
    put(d, 'DimensionIndexPointer', pointer);
    put(d, 'FunctionalGroupPointer', group);
    put(d, 'DimensionDescriptionLabel', label);
  });
  put(dataset, 'DimensionIndexSequence', index('00209056', '00209111', 'Stack ID'), index('00209057', '00209111', 'In-Stack Position Number'));
  put(dataset, 'SharedFunctionalGroupsSequence', shared(grid, options, scene));
  put(dataset, 'PerFrameFunctionalGroupsSequence', ...frames.map((_, k) => perFrame(grid, k, moment)));
  const pixels = new Uint8Array(frames.length * grid.columns * grid.rows * 2);
  frames.forEach((frame, k) => pixels.set(frame, k * frame.length));
  putPixels(dataset, grid, pixels);
  return dataset;
}

function shared(grid: PhantomGrid, options: PhantomDicomOptions, scene: PhantomScene): Dataset {
  const group: Dataset = {};
  const macro = (keyword: Parameters<typeof put>[1], fill: Fill): void => put(group, keyword, item(fill));
  const round = (v: number): number => Math.round(v * 1e10) / 1e10;
  macro('PixelMeasuresSequence', (d) => {
    put(d, 'PixelSpacing', grid.spacingMm[1], grid.spacingMm[0]);
    put(d, 'SliceThickness', sliceThicknessOf(grid.spacingMm[2], options.scanner));
    put(d, 'SpacingBetweenSlices', grid.spacingMm[2]);
  });
  macro('PlaneOrientationSequence', (d) => put(d, 'ImageOrientationPatient', ...grid.columnDirection.map(round), ...grid.rowDirection.map(round)));
  macro('FrameAnatomySequence', (d) => {
    put(d, 'FrameLaterality', 'U');
    put(d, 'AnatomicRegionSequence', code('51185008', 'SCT', 'Thorax'));
  });
  macro('PixelValueTransformationSequence', (d) => {
    put(d, 'RescaleIntercept', -1024);
    put(d, 'RescaleSlope', 1);
    put(d, 'RescaleType', 'HU');
  });
  macro('FrameVOILUTSequence', (d) => {
    put(d, 'WindowCenter', -600);
    put(d, 'WindowWidth', 1500);
  });
  macro('IrradiationEventIdentificationSequence', (d) => put(d, 'IrradiationEventUID', uidFromName(`phoi phantom ${scene.seed} irradiation`)));
  macro('CTImageFrameTypeSequence', (d) => {
    put(d, 'FrameType', 'ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE');
    put(d, 'PixelPresentation', 'MONOCHROME');
    put(d, 'VolumetricProperties', 'VOLUME');
    put(d, 'VolumeBasedCalculationTechnique', 'NONE');
  });
  macro('CTAcquisitionTypeSequence', (d) => {
    put(d, 'AcquisitionType', 'SPIRAL');
    put(d, 'ConstantVolumeFlag', 'NO');
    put(d, 'FluoroscopyFlag', 'NO');
  });
  macro('CTAcquisitionDetailsSequence', (d) => {
    put(d, 'RotationDirection', 'CW');
    put(d, 'RevolutionTime', 0.5);
    put(d, 'SingleCollimationWidth', 0.6);
    put(d, 'TotalCollimationWidth', 38.4);
    put(d, 'TableHeight', 150);
    put(d, 'GantryDetectorTilt', 0);
    put(d, 'DataCollectionDiameter', 500);
  });
  macro('CTTableDynamicsSequence', (d) => {
    put(d, 'TableSpeed', 70);
    put(d, 'TableFeedPerRotation', 35);
    put(d, 'SpiralPitchFactor', 0.9);
  });
  macro('CTGeometrySequence', (d) => {
    put(d, 'DistanceSourceToDetector', 1085);
    put(d, 'DistanceSourceToDataCollectionCenter', 595);
  });
  macro('CTReconstructionSequence', (d) => {
    put(d, 'ReconstructionAlgorithm', 'FILTER_BACK_PROJ');
    put(d, 'ConvolutionKernel', kernelNames[options.scanner.kernel]);
    put(d, 'ConvolutionKernelGroup', 'LUNG');
    put(d, 'ImageFilter', 'NONE');
    put(d, 'ReconstructionDiameter', Math.round(grid.columns * grid.spacingMm[0] * 100) / 100);
    put(d, 'ReconstructionAngle', 360);
    put(d, 'ReconstructionPixelSpacing', grid.spacingMm[1], grid.spacingMm[0]);
  });
  macro('CTExposureSequence', (d) => {
    put(d, 'ExposureTimeInms', 500);
    put(d, 'XRayTubeCurrentInmA', 120);
    put(d, 'ExposureInmAs', 60);
    put(d, 'ExposureModulationType', 'NONE');
  });
  macro('CTXRayDetailsSequence', (d) => {
    put(d, 'KVP', 120);
    put(d, 'FocalSpots', 1.2);
    put(d, 'FilterType', 'FLAT');
    put(d, 'FilterMaterial', 'ALUMINUM');
    put(d, 'CalciumScoringMassFactorPatient', 1);
  });
  return group;
}

function perFrame(grid: PhantomGrid, k: number, moment: string): Dataset {
  const group: Dataset = {};
  put(group, 'FrameContentSequence', item((d) => {
    put(d, 'FrameAcquisitionNumber', 1);
    put(d, 'FrameReferenceDateTime', moment);
    put(d, 'FrameAcquisitionDateTime', moment);
    put(d, 'FrameAcquisitionDuration', 250);
    put(d, 'CardiacCyclePosition', 'UNDETERMINED');
    put(d, 'RespiratoryCyclePosition', 'UNDETERMINED');
    put(d, 'StackID', '1');
    put(d, 'InStackPositionNumber', k + 1);
    put(d, 'DimensionIndexValues', 1, k + 1);
  }));
  put(group, 'PlanePositionSequence', item((d) => put(d, 'ImagePositionPatient', ...positionOf(grid, k))));
  put(group, 'CTPositionSequence', item((d) => {
    put(d, 'TablePosition', k * grid.spacingMm[2]);
    put(d, 'DataCollectionCenterPatient', 0, 0, positionOf(grid, k)[2]);
    put(d, 'ReconstructionTargetCenterPatient', 0, 0, positionOf(grid, k)[2]);
  }));
  return group;
}
