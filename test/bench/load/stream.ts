/** A stream of many studies out of the images of one: same pixels, other UIDs and another patient. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { put, putBytes } from '../../../src/dicom/build.ts';
import { encodePart10 } from '../../../src/dicom/encode.ts';
import { parsePart10 } from '../../../src/dicom/parse.ts';
import { explicitVRLittleEndian } from '../../../src/dicom/transfer-syntax.ts';
import { uidFromName } from '../../../src/dicom/uid.ts';
import type { OutgoingInstance } from '../../../src/dimse/send-instances.ts';

export interface StreamStudy {
  /** Goes into every UID. */
  readonly name: string;
  /** Folder with the images that it is made of. */
  readonly template: string;
}

const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';

export const studyUIDOf = ({ name }: StreamStudy): string => uidFromName(`load study ${name}`);

/**
 * Read and written anew when its turn comes, so that a sender holds one image at a time. `onReady`: its bytes are there
 * and go out now.
 */
export async function instancesOf(study: StreamStudy, onReady: () => void): Promise<readonly OutgoingInstance[]> {
  const files = (await readdir(study.template)).sort();
  return files.map((file) => {
    const sopInstanceUID = uidFromName(`load instance ${study.name} ${file}`);
    return {
      sopInstanceUID, sopClassUID: ctImageStorage, transferSyntaxUID: explicitVRLittleEndian,
      async open() {
        const bytes = await readFile(join(study.template, file));
        const { dataset, pixelData } = parsePart10(bytes);
        if (pixelData?.kind !== 'native') throw new Error(`${file} is not an uncompressed image`);
        putBytes(dataset, 'PixelData', 'OW', bytes.subarray(pixelData.offset, pixelData.offset + pixelData.length));
        put(dataset, 'SOPInstanceUID', sopInstanceUID);
        put(dataset, 'SeriesInstanceUID', uidFromName(`load series ${study.name}`));
        put(dataset, 'StudyInstanceUID', studyUIDOf(study));
        put(dataset, 'FrameOfReferenceUID', uidFromName(`load frame of reference ${study.name}`));
        put(dataset, 'PatientID', `LOAD-${study.name}`);
        const part10 = encodePart10(dataset);
        return (async function* whole() {
          onReady();
          yield part10;
        })();
      },
    };
  });
}
