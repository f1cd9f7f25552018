/** Which abstract syntaxes are storage (PS3.4 B.5, PS3.6 Annex A). */
import { isUID } from '../dicom/uid.ts';

const standardStorageRoot = '1.2.840.10008.5.1.4.1.1.';

/** Query/retrieve and creation models that were registered under the storage root. */
const notStorage = new Set([
  '200.4', '200.5', '200.6', // Protocol Approval Information Model FIND, MOVE, GET
  '201.2', '201.3', '201.4', // Inventory FIND, MOVE, GET
  '201.5', // Inventory Creation
].map((suffix) => standardStorageRoot + suffix));

/** Standard storage classes registered elsewhere, and private ones that CT and PET scanners put into a study. */
const otherStorage = new Set([
  '1.2.840.10008.5.1.4.34.7', // RT Beams Delivery Instruction
  '1.2.840.10008.5.1.4.34.10', // RT Brachy Application Setup Delivery Instruction
  '1.2.840.10008.5.1.4.38.1', // Hanging Protocol
  '1.2.840.10008.5.1.4.39.1', // Color Palette
  '1.2.840.10008.5.1.4.43.1', // Generic Implant Template
  '1.2.840.10008.5.1.4.44.1', // Implant Assembly Template
  '1.2.840.10008.5.1.4.45.1', // Implant Template Group
  '1.3.12.2.1107.5.9.1', // Siemens CSA Non-Image
  '1.3.12.2.1107.5.99.3.10', '1.3.12.2.1107.5.99.3.11', // Siemens AX frame sets
  '1.2.840.113619.4.26', '1.2.840.113619.4.27', '1.2.840.113619.4.30', // GE 3D model, NM
  '1.3.46.670589.2.3.1.1', '1.3.46.670589.2.4.1.1', '1.3.46.670589.2.5.1.1', // Philips
  '1.3.46.670589.5.0.1', '1.3.46.670589.5.0.1.1', '1.3.46.670589.5.0.2', '1.3.46.670589.5.0.2.1',
  '1.3.46.670589.5.0.3', '1.3.46.670589.5.0.3.1', '1.3.46.670589.5.0.4', '1.3.46.670589.5.0.8',
  '1.3.46.670589.5.0.9', '1.3.46.670589.5.0.10', '1.3.46.670589.5.0.11', '1.3.46.670589.5.0.12',
  '1.3.46.670589.5.0.13', '1.3.46.670589.5.0.14', '1.3.46.670589.7.8.1618510091', '1.3.46.670589.7.8.1618510092',
  '1.3.46.670589.11.0.0.12.1', '1.3.46.670589.11.0.0.12.2', '1.3.46.670589.11.0.0.12.4',
  '1.2.392.200036.9116.7.8.1.1.1', // Toshiba US
]);

/**
 * True for every standard storage SOP class, including ones newer than this code: whatever a CT study brings
 * (localizers, dose reports, secondary captures, presentation states) must not be refused.
 */
export function isStorageSOPClass(uid: string): boolean {
  if (otherStorage.has(uid)) return true;
  return uid.startsWith(standardStorageRoot) && isUID(uid) && !notStorage.has(uid);
}
