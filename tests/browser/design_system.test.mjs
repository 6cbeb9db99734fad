// The stylesheet's values of Det Fælles Designsystem are the ones that its package publishes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const PACKAGE = join(import.meta.dirname, 'node_modules', 'dkfds');
const ASSETS = join(import.meta.dirname, '..', '..', 'crates', 'gateway', 'assets');

const COLOUR = /"([a-z]+(?:-[a-z]+)*-\d+)":\s*(#[0-9a-f]{6})/gi;
const OURS = /--fds-([a-z0-9-]+):\s*(#[0-9a-f]{6});/g;

test('every colour of the design system has the value that it publishes', () => {
  const published = readFileSync(join(PACKAGE, 'src/stylesheets/values/colors/_fds-colors.scss'), 'utf8');
  const colours = new Map([...published.matchAll(COLOUR)].map(([, name, value]) => [name, value.toLowerCase()]));
  const ours = [...readFileSync(join(ASSETS, 'overblik.css'), 'utf8').matchAll(OURS)];
  assert.ok(colours.size > 15 && ours.length > 10, `${colours.size} published, ${ours.length} used`);
  for (const [, name, value] of ours) assert.equal(value, colours.get(name), name);
});

test('its licence stands beside the stylesheet', () => {
  const ours = readFileSync(join(ASSETS, 'LICENSE-dkfds.md'), 'utf8');
  assert.equal(ours, readFileSync(join(PACKAGE, 'LICENSE.md'), 'utf8'));
});
