/** UIDs of the services and of this implementation (PS3.6 Annex A). */
export const applicationContextName = '1.2.840.10008.3.1.1.1';
export const verificationSOPClass = '1.2.840.10008.1.1';
export const storageCommitmentSOPClass = '1.2.840.10008.1.20.1';
export const storageCommitmentSOPInstance = '1.2.840.10008.1.20.1.1';

/** Names this implementation in associations and in the meta information of what it receives. */
export const implementationClassUID = '2.25.176303913104482919203421917384529110354';
export const implementationVersionName = 'PHOI_0_1';
