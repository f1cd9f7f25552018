function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Words as text that a POSIX shell reads back as the same words, each option (`--…`) on a line of its own. */
export function shellWords(words: readonly string[]): string {
  return words.map((word, at) => `${at === 0 ? '' : word.startsWith('--') ? ' \\\n  ' : ' '}${quote(word)}`).join('');
}
