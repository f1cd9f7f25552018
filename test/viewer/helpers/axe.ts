/** Rules of WCAG 2.1 A and AA that a program can check. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { projectRoot } from '../../../src/settings.ts';

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

let axe: Promise<string> | undefined;

/** What is serious or critical, with the element it is about. */
export async function violations(page: Page, where: string): Promise<readonly string[]> {
  axe ??= readFile(join(projectRoot, 'node_modules/axe-core/axe.min.js'), 'utf8');
  // As the test's own, not as the page's: the page allows no script but its bundle.
  await page.evaluate(`window.axe === undefined && (() => { ${await axe} })()`);
  const found = await page.evaluate<readonly Violation[]>(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }).then((result) => result.violations)`);
  return found.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${where}: ${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`));
}
