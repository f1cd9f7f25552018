/** Stored bytes, in pieces of any size, to Hounsfield units at their place in the volume. */
import { highestHU, lowestHU } from '../volume/hounsfield.ts';
import { decodeSamples, elementBytes } from './element-type.ts';
import type { Fault } from './faults.ts';
import type { VolumeFileHeader } from './header.ts';
import type { Placement } from './place.ts';

export interface VoxelSink {
  /** Takes bytes; what goes beyond the volume is an error. */
  push(bytes: Uint8Array): void;
  /** @throws AppError VOLUME_FILE_TRUNCATED when samples are missing */
  end(): void;
  readonly hu: Int16Array;
}

/** Samples that are not numbers stand for "no data", like padding. */
export function createVoxelSink(header: VolumeFileHeader, { base, strides }: Placement, fault: Fault): VoxelSink {
  const [ni, nj, nk] = header.size;
  const total = ni * nj * nk;
  const { elementType, littleEndian, slope, intercept } = header;
  const size = elementBytes[elementType];
  const hu = new Int16Array(new SharedArrayBuffer(2 * total));
  const [si, sj, sk] = strides;
  let rest = Buffer.alloc(0);
  let [i, j, k, seen] = [0, 0, 0, 0];
  let target = base;

  function write(samples: ArrayLike<number>): void {
    for (let n = 0; n < samples.length; n += 1) {
      const value = Math.round(samples[n]! * slope + intercept);
      hu[target] = value >= lowestHU ? (value > highestHU ? highestHU : value) : lowestHU;
      i += 1;
      if (i < ni) {
        target += si;
        continue;
      }
      i = 0;
      j += 1;
      if (j === nj) {
        j = 0;
        k += 1;
      }
      target = base + j * sj + k * sk;
    }
  }

  return {
    hu,
    push(bytes) {
      const joined = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const whole = Math.floor(joined.length / size);
      seen += whole;
      if (seen > total || (seen === total && joined.length > whole * size)) throw fault('VOLUME_FILE_MALFORMED', `there are more than the ${total} samples of the header`);
      write(decodeSamples(joined.subarray(0, whole * size), elementType, littleEndian));
      rest = Buffer.from(joined.subarray(whole * size));
    },
    end() {
      if (seen < total || rest.length > 0) throw fault('VOLUME_FILE_TRUNCATED', `${seen} samples where the header says ${total}`);
    },
  };
}
