import { describe, expect, it } from 'vitest';
import { put } from '../../src/dicom/build.ts';
import type { Dataset } from '../../src/dicom/dataset.ts';
import { parseViewport } from '../../src/dicomweb/viewport.ts';
import { parseWindow, renderFrame, windowCurve } from '../../src/dicomweb/window.ts';

const frame = (samples: Int16Array, photometricInterpretation = 'MONOCHROME2') =>
  ({ rows: 1, columns: samples.length, samplesPerPixel: 1, bitsStored: 12, photometricInterpretation, samples });

function ct(more: (dataset: Dataset) => void = () => undefined): Dataset {
  const dataset: Dataset = {};
  put(dataset, 'Modality', 'CT');
  put(dataset, 'RescaleSlope', 1);
  put(dataset, 'RescaleIntercept', -1024);
  more(dataset);
  return dataset;
}

describe('window curves', () => {
  it('follow PS3.3 C.11.2.1.2.1: the worked example of width 100, center 2048 and the edges', () => {
    const linear = windowCurve({ center: 2048, width: 4096, function: 'linear' });
    expect([linear(0), linear(4095)].map(Math.round)).toEqual([0, 255]);
    const narrow = windowCurve({ center: 0, width: 100, function: 'linear' });
    // y = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255: below -50 black, above 49 white.
    expect([narrow(-50), narrow(-51), narrow(49), narrow(50)]).toEqual([0, 0, 255, 255]);
    expect(narrow(0)).toBeCloseTo((0.5 / 99 + 0.5) * 255, 9);
    const step = windowCurve({ center: 10, width: 1, function: 'linear' });
    expect([step(9), step(10)]).toEqual([0, 255]);
    const exact = windowCurve({ center: 0, width: 100, function: 'linear-exact' });
    expect([exact(-50), exact(0), exact(50)]).toEqual([0, 127.5, 255]);
    expect(windowCurve({ center: 0, width: 100, function: 'sigmoid' })(0)).toBe(127.5);
  });

  it('come from the request, else the frame, else the header, else the lung for CT', () => {
    const samples = Int16Array.of(424, 1024);
    expect([...renderFrame(frame(samples), ct(), 0, undefined).pixels]).toEqual([Math.round((0.5 / 1499 + 0.5) * 255), Math.round((600.5 / 1499 + 0.5) * 255)]);
    const header = ct((dataset) => { put(dataset, 'WindowCenter', 40, 1); put(dataset, 'WindowWidth', 400, 2); });
    expect(renderFrame(frame(samples), header, 0, undefined).pixels[1]).toBe(Math.round((-39.5 / 399 + 0.5) * 255));
    expect(renderFrame(frame(samples), header, 0, { center: 0, width: 2, function: 'linear-exact' }).pixels[1]).toBe(128);
    const enhanced = ct((dataset) => {
      const group = (center: number): Dataset => {
        const voi: Dataset = {};
        put(voi, 'WindowCenter', center);
        put(voi, 'WindowWidth', 2);
        put(voi, 'VOILUTFunction', 'LINEAR_EXACT');
        const own: Dataset = {};
        put(own, 'FrameVOILUTSequence', voi);
        return own;
      };
      put(dataset, 'PerFrameFunctionalGroupsSequence', group(500), group(0));
    });
    expect(renderFrame(frame(samples), enhanced, 0, undefined).pixels[1]).toBe(0);
    expect(renderFrame(frame(samples), enhanced, 1, undefined).pixels[1]).toBe(128);
  });

  it('are turned over for MONOCHROME1 and spread over the range where nothing is said', () => {
    const mr: Dataset = {};
    put(mr, 'Modality', 'MR');
    const samples = Int16Array.of(0, 50, 99);
    expect([...renderFrame(frame(samples), mr, 0, undefined).pixels][0]).toBeLessThanOrEqual(2);
    expect([...renderFrame(frame(samples, 'MONOCHROME1'), mr, 0, undefined).pixels][0]).toBeGreaterThanOrEqual(253);
    expect(() => renderFrame(frame(samples, 'PALETTE COLOR'), mr, 0, undefined)).toThrow(expect.objectContaining({ code: 'HTTP_NOT_ACCEPTABLE' }));
  });
});

describe('parameters of rendered resources', () => {
  it('are read or refused', () => {
    expect(parseWindow('-600, 1500')).toEqual({ center: -600, width: 1500, function: 'linear' });
    expect(parseWindow('1,0.5,LINEAR-EXACT')).toEqual({ center: 1, width: 0.5, function: 'linear-exact' });
    for (const bad of ['', '1', 'a,b', '1,0', '1,0.5', '1,2,cubic', '1,2,linear,3', 'NaN,5', 'Infinity,5', '1,-5', ',5']) {
      expect(() => parseWindow(bad), bad).toThrow(expect.objectContaining({ code: 'HTTP_BAD_REQUEST' }));
    }
    expect(parseViewport('100,50')).toEqual({ width: 100, height: 50 });
    expect(parseViewport('100,50,1,2,-3,4').source).toMatchObject({ left: 1, top: 2, width: 3, height: 4, flipHorizontally: true, flipVertically: false });
    for (const bad of ['', '100', '0,1', '1,0', '1,2,3', '1,2,3,4,5', '1,2,3,4,0,5', '-1,5', '9000,1', '1e3,5', '1,2,-3,4,5,6']) {
      expect(() => parseViewport(bad), bad).toThrow(expect.objectContaining({ code: 'HTTP_BAD_REQUEST' }));
    }
  });
});
