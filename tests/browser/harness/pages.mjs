// The pages as a citizen uses them: what stands where, and what is clicked.

import assert from 'node:assert/strict';

export const SESSION_COOKIE = '__Host-Http-overblik';

/** What citizens read, by language. */
export const WORDS = {
  da: {
    logIn: 'Log ind',
    logOut: 'Log ud',
    overview: 'Dit overblik',
    unanswered: 'så vi ved ikke, om den har noget om dig',
    cutOff: 'er afbrudt, indtil en fejl er undersøgt',
    nothing: 'ikke registreret noget',
    notCovered: 'Din kommune er ikke tilsluttet',
    incomplete: 'Noget mangler',
    loggedOut: 'Du er logget ud',
    sessionEnded: 'din session er udløbet eller afsluttet',
    nothingNeedsAttention: 'Intet kræver din opmærksomhed lige nu',
    stepUp: 'Log ind med højere sikkerhed',
    endsSoon: 'Du bliver snart logget ud',
    stay: 'Bliv logget ind',
    stillLoggedIn: 'Du er stadig logget ind',
    loginAgain: 'Log ind igen',
    stayMeanwhile: 'Bliv på siden så længe',
  },
  en: {
    logIn: 'Log in',
    logOut: 'Log out',
    overview: 'Your overview',
    unanswered: 'so we do not know whether it holds anything about you',
    nothing: 'registered nothing',
    endsSoon: 'You will soon be logged out',
  },
};

export const SOURCES = ['daycare', 'payments', 'library'];

/** Each source's own pages, where a citizen can always go instead. */
export const DIRECT_LINK = {
  daycare: 'https://www.birkerup.example/pladsanvisning',
  library: 'https://bibliotek.birkerup.example/min-konto',
  payments: 'https://www.betalinger.example/min-side',
};

/** The section of a source, once it has come. */
export const section = (page, source) => page.locator(`#section-${source}`);

/** The ways from a section's items to more about them. */
export const more = (page, source) => section(page, source).locator('a.more-about');

/** What stands in a section's place before it has come. */
export const skeleton = (page, source) => page.locator(`.waiting[aria-labelledby=waiting-${source}]`);

/** The attention list, once it has been put together. */
export const attention = (page) => page.locator('#overview > [slot=attention]');

/** The line at the end, which says how many sources answered. */
export const completion = (page) => page.locator('#overview > [slot=status]');

/** From the front page to the identity provider's login page. */
export async function beginLogin(page) {
  await page.goto('/');
  await page.locator('main').getByRole('link', { name: /^Log i/ }).click();
  await page.waitForURL((url) => url.hostname === '127.0.0.1');
}

/** Chooses a citizen, and a level if it is not the one already chosen, on the login page. */
export async function chooseCitizen(page, citizen, level) {
  if (level) await page.locator(`input[value=${level}]`).check();
  await page.locator(`button.person[value=${citizen}]`).click();
}

/** Logs in as a citizen and waits until the overview is complete. */
export async function logIn(page, citizen, level) {
  await beginLogin(page);
  await chooseCitizen(page, citizen, level);
  await complete(page);
}

/** Waits until the overview has come to its end. */
export async function complete(page) {
  await completion(page).waitFor();
  await page.waitForLoadState('load');
}

/** Loads the overview anew, to its end. */
export async function openOverview(page, path = '/') {
  await page.goto(path);
  await complete(page);
}

/** Logs out by the button. */
export async function logOut(page) {
  await page.locator('form[action="/auth/logout"] button').click();
  await page.waitForURL('**/auth/logged-out**');
  // What leads here from the provider may be a page of its own at the same address; this one says how it ended.
  await page.getByRole('status').waitFor();
  await page.waitForLoadState();
}

/** A section that could not be filled tells the truth, in its words and in the way it points out. */
export async function assertUnanswered(page, source, message = WORDS.da.unanswered, nothing = WORDS.da.nothing) {
  const text = await section(page, source).innerText();
  assert.ok(text.includes(message), `${source} says that it did not answer: ${text}`);
  assert.ok(!text.includes(nothing), `${source} never says that nothing is registered: ${text}`);
  assert.equal(await section(page, source).locator('.card').count(), 0, `${source} shows no data`);
  await assertDirectLink(page, source);
}

/** The way to the authority itself is there to be seen. */
export async function assertDirectLink(page, source) {
  const link = section(page, source).locator(`.ways > a[href="${DIRECT_LINK[source]}"]`);
  assert.equal(await link.count(), 1, `${source} links to the authority`);
  assert.ok(await link.isVisible(), `${source} shows its link`);
}

/** A source answered with something to show. */
export async function assertAnswered(page, source) {
  assert.equal(await section(page, source).getAttribute('data-outcome'), 'answered', `${source} answered`);
  assert.ok((await section(page, source).locator('.card').count()) > 0, `${source} shows cards`);
  await assertDirectLink(page, source);
}

/** The warning before the session ends, while it is shown. */
export const warning = (page) => page.getByRole('alertdialog');

/** Nothing in the page, seen or unseen, is about the citizen of the family. */
export async function assertShowsNobody(page) {
  const html = await page.content();
  for (const trace of ['Signe', 'Eksempelsen', 'class="card"', 'id="section-']) {
    assert.ok(!html.includes(trace), `${page.url()} holds ${trace}`);
  }
}

/** The titles of the cards in a section. */
export const cardTitles = (page, source) => section(page, source).locator('.card-title').allInnerTexts();
