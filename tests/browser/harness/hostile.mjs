// What a source may write where a citizen's page shows its words: attempts to become markup, script, style or a request.
// Whatever runs sets `window.hostile`; whatever is asked for is asked of a machine that the guard complains of.

import { readFileSync } from 'node:fs';

/** The list that the demo's fault `hostile-text` writes into answers. */
export const HOSTILE = JSON.parse(readFileSync(new URL('../../../crates/demo/src/hostile.json', import.meta.url)));

/** Nothing of it ran, and no element came of it. Shadow trees are looked through too. */
export const trace = () => {
  const trees = [document];
  for (const tree of trees) {
    for (const element of tree.querySelectorAll('*')) if (element.shadowRoot) trees.push(element.shadowRoot);
  }
  const elements = trees.flatMap((tree) => [...tree.querySelectorAll('*')]);
  const handlers = elements.flatMap((element) => [...element.attributes].filter(({ name }) => name.startsWith('on')));
  const foreign = elements.filter((element) => element.matches('img, iframe, object, embed, base, math, template, x, form[action^=http]'));
  const leading = elements.filter((element) => /^(javascript|data):|evil\.example/i.test(element.getAttribute('href') ?? ''));
  const named = [...handlers.map(({ name }) => name), ...[...foreign, ...leading].map((element) => element.outerHTML.slice(0, 120))];
  return { ran: window.hostile !== undefined, named };
};
