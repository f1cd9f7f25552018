/** Objects as other makers send them, for a box series: segmentations, a presentation state, PDFs, a report, pictures. */
import { put, putBytes } from '../../../src/dicom/build.ts';
import type { Dataset } from '../../../src/dicom/dataset.ts';
import { encodePart10 } from '../../../src/dicom/encode.ts';
import { uidFromName } from '../../../src/dicom/uid.ts';
import { putPixelLayout } from '../../helpers/image-pixel.ts';
import { box, boxSeries, type BoxSeries } from './box-series.ts';

const { size, spacingMm, sliceSpacingMm } = boxSeries;

function item(fill: (dataset: Dataset) => void): Dataset {
  const made: Dataset = {};
  fill(made);
  return made;
}

function header(series: BoxSeries, name: string, modality: string, sopClassUID: string): Dataset {
  const dataset: Dataset = {};
  put(dataset, 'SpecificCharacterSet', 'ISO_IR 192');
  put(dataset, 'PatientName', 'Mẫu^Hộp');
  put(dataset, 'PatientID', 'BOX');
  put(dataset, 'StudyInstanceUID', series.studyInstanceUID);
  put(dataset, 'SeriesInstanceUID', uidFromName(`foreign series ${name}`));
  put(dataset, 'SOPInstanceUID', uidFromName(`foreign ${name}`));
  put(dataset, 'SOPClassUID', sopClassUID);
  put(dataset, 'Modality', modality);
  put(dataset, 'Manufacturer', 'Elsewhere');
  put(dataset, 'SeriesDescription', `${modality} from elsewhere`);
  put(dataset, 'InstanceNumber', 1);
  return dataset;
}

/** Two frames, 63 × 63 so that no frame fills whole bytes, offset by a pixel from the images' grid: the box on slices 4 and 5. */
export function foreignSegmentation(series: BoxSeries, name: string): Uint8Array {
  const side = size - 1;
  const dataset = header(series, name, 'SEG', '1.2.840.10008.5.1.4.1.1.66.4');
  put(dataset, 'ContentLabel', 'BOX');
  put(dataset, 'NumberOfFrames', 2);
  putPixelLayout(dataset, { rows: side, columns: side, bitsAllocated: 1, bitsStored: 1 });
  put(dataset, 'SegmentationType', 'BINARY');
  put(dataset, 'SegmentSequence', item((segment) => {
    put(segment, 'SegmentNumber', 1);
    put(segment, 'SegmentLabel', 'Box');
  }));
  put(dataset, 'SharedFunctionalGroupsSequence', item((shared) => {
    put(shared, 'PixelMeasuresSequence', item((measures) => { put(measures, 'PixelSpacing', spacingMm, spacingMm); }));
    put(shared, 'PlaneOrientationSequence', item((orientation) => { put(orientation, 'ImageOrientationPatient', 1, 0, 0, 0, 1, 0); }));
  }));
  put(dataset, 'PerFrameFunctionalGroupsSequence', ...[4, 5].map((slice) => item((frame) => {
    put(frame, 'SegmentIdentificationSequence', item((identification) => { put(identification, 'ReferencedSegmentNumber', 1); }));
    put(frame, 'PlanePositionSequence', item((plane) => { put(plane, 'ImagePositionPatient', -63 + spacingMm, -63 + spacingMm, slice * sliceSpacingMm); }));
  })));
  const pixels = side * side;
  const bytes = new Uint8Array(Math.ceil(2 * pixels / 8 / 2) * 2);
  for (const frame of [0, 1]) {
    for (let row = box.rows[0]; row <= box.rows[1]; row++) {
      for (let column = box.columns[0]; column <= box.columns[1]; column++) {
        const bit = frame * pixels + (row - 1) * side + column - 1;
        bytes[bit >> 3]! |= 1 << (bit & 7);
      }
    }
  }
  putBytes(dataset, 'PixelData', 'OB', bytes);
  return encodePart10(dataset);
}

/** One frame on slice 4 with the numbers of two segments: the left half of the box is 1, the right half 2. */
export function foreignLabelmap(series: BoxSeries, name: string): Uint8Array {
  const dataset = header(series, name, 'SEG', '1.2.840.10008.5.1.4.1.1.66.7');
  put(dataset, 'SeriesDescription', 'Label map from elsewhere');
  put(dataset, 'NumberOfFrames', 1);
  putPixelLayout(dataset, { rows: size, columns: size, bitsAllocated: 8, bitsStored: 8 });
  put(dataset, 'SegmentationType', 'LABELMAP');
  put(dataset, 'SegmentSequence', ...['Left half', 'Right half'].map((label, at) => item((segment) => {
    put(segment, 'SegmentNumber', at + 1);
    put(segment, 'SegmentLabel', label);
  })));
  put(dataset, 'SharedFunctionalGroupsSequence', item((shared) => {
    put(shared, 'PixelMeasuresSequence', item((measures) => { put(measures, 'PixelSpacing', spacingMm, spacingMm); }));
    put(shared, 'PlaneOrientationSequence', item((orientation) => { put(orientation, 'ImageOrientationPatient', 1, 0, 0, 0, 1, 0); }));
  }));
  put(dataset, 'PerFrameFunctionalGroupsSequence', item((frame) => {
    put(frame, 'PlanePositionSequence', item((plane) => { put(plane, 'ImagePositionPatient', -63, -63, 4 * sliceSpacingMm); }));
  }));
  const middle = (box.columns[0] + box.columns[1] + 1) / 2;
  const pixels = new Uint8Array(size * size);
  for (let row = box.rows[0]; row <= box.rows[1]; row++) {
    for (let column = box.columns[0]; column <= box.columns[1]; column++) pixels[row * size + column] = column < middle ? 1 : 2;
  }
  putBytes(dataset, 'PixelData', 'OB', pixels);
  return encodePart10(dataset);
}

/** A report of one sentence. */
export function foreignReport(series: BoxSeries, name: string): Uint8Array {
  const dataset = header(series, name, 'SR', '1.2.840.10008.5.1.4.1.1.88.11');
  const concept = (meaning: string): Dataset => item((code) => {
    put(code, 'CodeValue', 'X1');
    put(code, 'CodingSchemeDesignator', '99ELSE');
    put(code, 'CodeMeaning', meaning);
  });
  put(dataset, 'ValueType', 'CONTAINER');
  put(dataset, 'ConceptNameCodeSequence', concept('Kết luận bên ngoài'));
  put(dataset, 'ContinuityOfContent', 'SEPARATE');
  put(dataset, 'CompletionFlag', 'COMPLETE');
  put(dataset, 'VerificationFlag', 'UNVERIFIED');
  put(dataset, 'ContentSequence', item((content) => {
    put(content, 'RelationshipType', 'CONTAINS');
    put(content, 'ValueType', 'TEXT');
    put(content, 'ConceptNameCodeSequence', concept('Nhận xét'));
    put(content, 'TextValue', 'Nốt đặc <b>6 mm</b> thùy trên phải.');
  }));
  return encodePart10(dataset);
}

/** A picture whose left half holds the one and whose right half the other value. */
function halves(dataset: Dataset, [left, right]: readonly [number, number]): void {
  putPixelLayout(dataset, { rows: size, columns: size, bitsAllocated: 8, bitsStored: 8 });
  put(dataset, 'ConversionType', 'WSD');
  putBytes(dataset, 'PixelData', 'OB', Uint8Array.from({ length: size * size }, (_, at) => (at % size < size / 2 ? left : right)));
}

export const capturedGreys = [60, 200] as const;

export function foreignCapture(series: BoxSeries, name: string): Uint8Array {
  const dataset = header(series, name, 'OT', '1.2.840.10008.5.1.4.1.1.7');
  put(dataset, 'SeriesDescription', 'Grey picture from elsewhere');
  halves(dataset, capturedGreys);
  return encodePart10(dataset);
}

/** Red, green, blue of both halves. */
export const paletteColours = [[250, 40, 10], [20, 90, 240]] as const;

/** Its stored values begin at 3, and the tables hold 16-bit words. */
export function foreignPaletteCapture(series: BoxSeries, name: string): Uint8Array {
  const dataset = header(series, name, 'OT', '1.2.840.10008.5.1.4.1.1.7');
  put(dataset, 'SeriesDescription', 'Palette picture from elsewhere');
  halves(dataset, [3, 4]);
  put(dataset, 'PhotometricInterpretation', 'PALETTE COLOR');
  for (const [at, colour] of (['Red', 'Green', 'Blue'] as const).entries()) {
    put(dataset, `${colour}PaletteColorLookupTableDescriptor`, 2, 3, 16);
    putBytes(dataset, `${colour}PaletteColorLookupTableData`, 'OW', new Uint8Array(Uint16Array.from(paletteColours, (each) => each[at]! * 257).buffer));
  }
  return encodePart10(dataset);
}

/** On slice 4: the outline of the box, a circle, an ellipse and a word; positions from the corner of the first pixel. */
export function foreignPresentation(series: BoxSeries, name: string): Uint8Array {
  const dataset = header(series, name, 'PR', '1.2.840.10008.5.1.4.1.1.11.1');
  const reference = (): Dataset => item((image) => {
    put(image, 'ReferencedSOPClassUID', '1.2.840.10008.5.1.4.1.1.2');
    put(image, 'ReferencedSOPInstanceUID', series.instances[4]!.sopInstanceUID);
  });
  put(dataset, 'ContentLabel', 'MARKS');
  put(dataset, 'ReferencedSeriesSequence', item((each) => {
    put(each, 'SeriesInstanceUID', series.seriesInstanceUID);
    put(each, 'ReferencedImageSequence', reference());
  }));
  const graphic = (type: string, units: string, ...data: readonly number[]): Dataset => item((each) => {
    put(each, 'GraphicAnnotationUnits', units);
    put(each, 'GraphicDimensions', 2);
    put(each, 'NumberOfGraphicPoints', data.length / 2);
    put(each, 'GraphicData', ...data);
    put(each, 'GraphicType', type);
    put(each, 'GraphicFilled', 'N');
  });
  const [left, right, top, bottom] = [box.columns[0], box.columns[1] + 1, box.rows[0], box.rows[1] + 1];
  put(dataset, 'GraphicLayerSequence', item((layer) => {
    put(layer, 'GraphicLayer', 'L1');
    put(layer, 'GraphicLayerOrder', 1);
  }));
  put(dataset, 'GraphicAnnotationSequence', item((annotation) => {
    put(annotation, 'GraphicLayer', 'L1');
    put(annotation, 'ReferencedImageSequence', reference());
    put(annotation, 'GraphicObjectSequence',
      graphic('POLYLINE', 'PIXEL', left, top, right, top, right, bottom, left, bottom, left, top),
      graphic('CIRCLE', 'DISPLAY', 0.5, 0.5, 0.625, 0.5),
      graphic('ELLIPSE', 'PIXEL', 10, 20, 18, 20, 14, 18, 14, 22));
    put(annotation, 'TextObjectSequence', item((text) => {
      put(text, 'AnchorPointAnnotationUnits', 'PIXEL');
      put(text, 'UnformattedTextValue', 'Nốt <b>cũ</b>');
      put(text, 'AnchorPoint', 5, 6);
      put(text, 'AnchorPointVisibility', 'N');
    }));
  }));
  return encodePart10(dataset);
}

/** One page with a black square of a quarter of its width, and a script that must never run. */
function pdfBytes(): Uint8Array {
  const stream = '0 0 0 rg 50 350 100 100 re f';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 500] /Contents 4 0 R /Resources << >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((body, at) => {
    const offset = text.length;
    text += `${at + 1} 0 obj\n${body}\nendobj\n`;
    return offset;
  });
  const start = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text.length % 2 === 0 ? text : `${text}\n`, 'latin1');
}

/** `modality`: some makers write that of the examination. */
export function foreignPdf(series: BoxSeries, name: string, modality = 'DOC'): Uint8Array {
  const dataset = header(series, name, modality, '1.2.840.10008.5.1.4.1.1.104.1');
  put(dataset, 'DocumentTitle', 'Kết quả cũ');
  put(dataset, 'MIMETypeOfEncapsulatedDocument', 'application/pdf');
  putBytes(dataset, 'EncapsulatedDocument', 'OB', pdfBytes());
  return encodePart10(dataset);
}
