export type Language = 'en' | 'vi';

/** British English for day-month order, which Vietnamese users share. */
export const locales: Readonly<Record<Language, string>> = { en: 'en-GB', vi: 'vi-VN' };
