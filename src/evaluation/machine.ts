/** What ran: figures do not depend on it, but whoever runs them again may want to know. */
export const machine = { node: process.version, platform: `${process.platform} ${process.arch}` } as const;
