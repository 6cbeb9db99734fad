// What a citizen reads when a source lets us down: the truth, and the way to the authority itself.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  SOURCES,
  WORDS,
  assertAnswered,
  assertDirectLink,
  assertUnanswered,
  attention,
  cardTitles,
  complete,
  completion,
  logIn,
  openOverview,
  section,
} from './harness/pages.mjs';
import { BROWSERS, setting } from './harness/setting.mjs';

const here = setting();

/** Orders a fault as a person does, on the control page. */
async function orderByHand(page, target, fault) {
  await page.goto(here.demo.control);
  await page.getByLabel(`Fault of ${target}`, { exact: true }).selectOption(fault);
  const form = page.locator('form').filter({ has: page.locator(`#fault-${target}`) });
  await form.getByRole('button', { name: 'Order' }).click();
  await form.getByText(`${target}: ${fault || 'answers well'}`).waitFor();
}

for (const { script, named } of BROWSERS) {
  describe(`sources ${named}`, () => {
    test('a source broken on the control page is told of truthfully, and comes back when it is mended', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'family-signe');
        await orderByHand(page, 'library', 'error');
        await openOverview(page);
        await assertUnanswered(page, 'library');
        await assertAnswered(page, 'daycare');
        await assertAnswered(page, 'payments');
        assert.ok((await completion(page).innerText()).includes('Svar fra 2 af 3 kilder'));
        assert.ok((await attention(page).innerText()).includes('Listen kan mangle noget fra'));
        await orderByHand(page, 'library', '');
        await openOverview(page);
        await section(page, 'library').locator('.card').first().waitFor();
        await assertAnswered(page, 'library');
      }));

    test('an answer about another person shows nothing of that person and is not asked for again until reset', () =>
      here.visit({ script }, async ({ page }) => {
        let theirs;
        await here.visit({ script }, async ({ page: neighbour }) => {
          await logIn(neighbour, 'neighbour-nanna');
          theirs = await cardTitles(neighbour, 'library');
        });
        await logIn(page, 'family-signe');
        const own = await cardTitles(page, 'library');
        assert.ok(theirs.length > 0 && theirs.every((title) => !own.includes(title)), 'the two are told apart by titles');

        await orderByHand(page, 'library', 'wrong-person');
        await openOverview(page);
        await assertUnanswered(page, 'library');
        const html = await page.content();
        for (const secret of [...theirs, 'Nanna', 'Nabogaardsen']) assert.ok(!html.includes(secret), secret);
        await assertAnswered(page, 'daycare');
        await assertAnswered(page, 'payments');

        await orderByHand(page, 'library', '');
        await openOverview(page);
        await assertUnanswered(page, 'library', WORDS.da.cutOff);

        await page.goto(here.demo.control);
        await page.getByRole('button', { name: 'Let library in again' }).click();
        await page.waitForLoadState();
        await openOverview(page);
        assert.deepEqual(await cardTitles(page, 'library'), own);
      }));

    test('one part of an answer that is missing is named as missing, and the rest is shown', () =>
      here.visit({ script }, async ({ page }) => {
        await logIn(page, 'emptybody-emil');
        const text = await section(page, 'library').innerText();
        assert.ok(text.includes(WORDS.da.incomplete), text);
        await assertAnswered(page, 'library');
      }));
  });
}

for (const fault of ['stall', 'drip', 'error', 'refused', 'bad-json', 'wrong-person', 'huge', 'unauthorised']) {
  test(`a source with the fault "${fault}" never seems to have nothing, in either language`, () =>
    here.visit({}, async ({ page }) => {
      await logIn(page, 'family-signe');
      await here.demo.order('payments', fault);
      await openOverview(page);
      await assertUnanswered(page, 'payments');
      await here.demo.calm();
      await here.demo.order('payments', fault);
      await openOverview(page, '/?lang=en');
      await assertUnanswered(page, 'payments', WORDS.en.unanswered, WORDS.en.nothing);
      await assertAnswered(page, 'daycare');
      await assertAnswered(page, 'library');
    }));
}

test('a slow source within its limit is waited for', () =>
  here.visit({}, async ({ page }) => {
    await logIn(page, 'family-signe');
    await here.demo.order('payments', 'slow');
    await openOverview(page);
    await assertAnswered(page, 'payments');
  }));

test('titles that cannot be had are said to be missing, while the loans themselves are shown', () =>
  here.visit({}, async ({ page }) => {
    await here.demo.order('library-catalogue', 'error');
    await logIn(page, 'family-signe');
    const text = await section(page, 'library').innerText();
    assert.ok(text.includes(WORDS.da.incomplete), text);
    const titles = await cardTitles(page, 'library');
    assert.equal(titles.length, 5, 'three loans, a reservation and a fee are still there');
    assert.ok(titles.includes('Titlen kan ikke vises'), titles.join(' | '));
    await assertDirectLink(page, 'library');
  }));

test('titles that were had once are remembered for the session', () =>
  here.visit({}, async ({ page }) => {
    await logIn(page, 'family-signe');
    const titles = await cardTitles(page, 'library');
    await here.demo.order('library-catalogue', 'error');
    await openOverview(page);
    assert.deepEqual(await cardTitles(page, 'library'), titles);
  }));

test('"try again" asks the source again, and what was added up before says that it is from before', () =>
  here.visit({}, async ({ page }) => {
    await logIn(page, 'family-signe');
    await here.demo.order('daycare', 'error');
    await openOverview(page);
    await assertUnanswered(page, 'daycare');
    await here.demo.order('daycare', null);
    const again = page.getByRole('link', { name: 'Hent siden igen' });
    assert.equal(await again.count(), 0);
    await section(page, 'daycare').getByRole('link', { name: /^Prøv igen/ }).click();
    await again.waitFor();
    for (const source of SOURCES) await assertAnswered(page, source);
    assert.ok((await attention(page).innerText()).includes('fra før'));
    await again.click();
    await page.waitForLoadState();
    await complete(page);
    for (const source of SOURCES) await assertAnswered(page, source);
    assert.equal(await again.count(), 0);
  }));
