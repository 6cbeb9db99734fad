// The page's own specimens, as `cargo test -p overblik-gateway --lib page::tests::portals` writes them: every widget kind
// and standing, every state, and the words that the page has for each.

import { readFileSync } from 'node:fs';

export const SPECIMENS = JSON.parse(readFileSync(new URL('../fixtures/specimens.json', import.meta.url)));

export const NOW = `${SPECIMENS.today}T10:15:30+01:00`;

/** A full answer with these widgets. */
export const ready = (widgets, source = 'specimen') => ({
  ...SPECIMENS.states.find(({ section }) => section.state === 'ready').section,
  source,
  widgets,
});

/** An overview of these sections. */
export const overviewOf = (sections, attention = []) => ({
  generated_at: NOW,
  deadline_met: true,
  complete: false,
  counts: { asked: 0, answered: 0, pending: 0, failed: 0, not_asked: 0 },
  attention,
  sections,
});

/** Everything that there is to show, at once. */
export const EVERYTHING = overviewOf(
  [...SPECIMENS.states.map(({ section }) => section), ready(SPECIMENS.widgets.map(({ widget }) => widget), 'all-kinds')],
  ['overdue', 'debt_collection', 'action_needed', 'due_soon', 'due_soon', 'due_soon'].map((kind, index) => ({
    source: 'source-0',
    kind,
    date: kind === 'action_needed' ? null : '2026-11-20',
    text: { da: `Noget nummer ${index}`, en: `Something number ${index}` },
    link: 'https://www.birkerup.example/selvbetjening',
  })),
);
