/** UIDs of the services (PS3.6 Annex A). */
export const applicationContextName = '1.2.840.10008.3.1.1.1';
export const verificationSOPClass = '1.2.840.10008.1.1';
export const storageCommitmentSOPClass = '1.2.840.10008.1.20.1';
export const storageCommitmentSOPInstance = '1.2.840.10008.1.20.1.1';
