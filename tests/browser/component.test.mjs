// The web component of portals: every kind and state with the page's own words, in a page under the strictest policy; and
// nothing of what sources write ever becomes more than words (requirement R64).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { assertAccessible, assertNoSidewaysScroll } from './harness/audit.mjs';
import { startChromium } from './harness/chromium.mjs';
import { Guard } from './harness/guard.mjs';
import { HOSTILE, trace } from './harness/hostile.mjs';
import { COMPONENT, Portal, json } from './harness/portal.mjs';
import { DESKTOP, PHONE } from './harness/setting.mjs';
import { EVERYTHING, NOW, SPECIMENS, overviewOf, ready } from './harness/specimens.mjs';

const LANGUAGES = ['da', 'en'];

let browser;
let portal;
before(async () => {
  portal = await Portal.open();
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  portal?.close();
});

/** Opens a page of the portal with this in it, and holds what happens there to what must always hold. */
async function visit({ body, viewport = DESKTOP, expected = [], ...page }, look) {
  const context = await browser.newContext({ viewport, timezoneId: 'America/New_York', locale: 'fr-FR' });
  context.setDefaultTimeout(15_000);
  const guard = new Guard(context);
  for (const status of expected) guard.expectStatus(status);
  try {
    const tab = await context.newPage();
    await tab.goto(portal.page(body, page));
    await tab.evaluate(() => customElements.whenDefined('overblik-overview'));
    await look({ page: tab, guard });
    guard.verify();
  } finally {
    await context.close();
  }
}

/** Gives an element something to show. */
const give = (page, selector, data) => page.locator(selector).evaluate((element, given) => { element.overview = given; }, data);

const element = (page, name = 'overblik-overview') => page.locator(name);
const status = (page, name) => element(page, name).locator('[role=status]');

/** Words and figures, whatever stands between them. */
const tokens = (text) => text.match(/[\p{L}\p{N}]+/gu) ?? [];

/** What is said of one that the other does not say as often. */
function beyond(said, allowed) {
  const left = new Map();
  for (const token of tokens(allowed)) left.set(token, (left.get(token) ?? 0) + 1);
  return tokens(said).filter((token) => {
    left.set(token, (left.get(token) ?? 0) - 1);
    return left.get(token) < 0;
  });
}

/** The texts of a widget that a citizen should read in a language: all but names of codes, dates and addresses. */
function textsOf(value, language, field) {
  if (typeof value === 'string') {
    const isText = !['kind', 'code', 'link', 'currency'].includes(field) && !/^\d{4}-\d\d-\d\d/.test(value);
    return isText ? [value] : [];
  }
  if (value && typeof value === 'object') {
    if (value.da && value.en) return [value[language]];
    return Object.entries(value).flatMap(([name, inner]) => textsOf(inner, language, name));
  }
  return [];
}

/** The text of all that is shown, pieces set apart. */
const shown = (page, selector) =>
  page.locator(selector).evaluateAll((elements) =>
    elements.map((element) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      const texts = [];
      while (walker.nextNode()) texts.push(walker.currentNode.data);
      return texts.join(' ');
    }),
  );

describe('the same words as the page', () => {
  for (const language of LANGUAGES) {
    test(`on the card of every kind in every standing (${language})`, () =>
      visit({ body: '<overblik-widget source="specimen"></overblik-widget>', lang: language }, async ({ page }) => {
        for (const specimen of SPECIMENS.widgets) {
          const { widget } = specimen;
          await give(page, 'overblik-widget', overviewOf([ready([widget])]));
          const cards = await shown(page, '.card');
          assert.equal(cards.length, 1, JSON.stringify(widget));
          const foreign = beyond(cards[0], specimen[language]);
          assert.deepEqual(foreign, [], `${cards[0]}\nis not all in\n${specimen[language]}`);
          const card = await page.locator('.card').evaluate((each) => each.textContent);
          for (const text of textsOf(widget, language)) {
            // A code's text that the page does not show either need not be here.
            if (specimen[language].includes(text.replace(/\s+/g, ' '))) assert.ok(card.includes(text), `"${text}" is missing in: ${card}`);
          }
          const { link } = widget;
          if (link) assert.equal(await page.locator('.card a').getAttribute('href'), link);
        }
      }));

    test(`in the section of every state (${language})`, () =>
      visit({ body: '<overblik-widget></overblik-widget>', lang: language }, async ({ page }) => {
        for (const specimen of SPECIMENS.states) {
          const { section } = specimen;
          await give(page, 'overblik-widget', { ...section, generated_at: NOW });
          const [said] = await shown(page, '.section');
          assert.deepEqual(beyond(said, specimen[language]), [], `${said}\nis not all in\n${specimen[language]}`);
          for (const pair of [section.title, section.authority.name, section.message, section.expect]) {
            if (pair) assert.ok(said.includes(pair[language]), `${section.state}: "${pair[language]}" is missing in: ${said}`);
          }
          assert.equal(await page.locator('.ways a').first().getAttribute('href'), section.link);
        }
      }));
  }

  test('money, dates and relative days are Danish, wherever the browser is', () =>
    visit({ body: '<overblik-widget></overblik-widget>' }, async ({ page }) => {
      const payment = { kind: 'payment', title: 'Prøve', amount: { minor: -123_450, currency: 'DKK' }, due_on: '2026-11-23' };
      const appointment = { kind: 'appointment', title: 'Prøve', starts_at: '2026-11-22T23:30:00Z' };
      await give(page, 'overblik-widget', { ...ready([payment, appointment]), generated_at: NOW });
      const text = (await page.locator('.content').textContent()).replaceAll('\u00a0', ' ');
      assert.ok(text.includes('Til gode \u22121.234,50 kr.'), text);
      assert.ok(text.includes('i morgen, 23. november 2026'), text);
      assert.ok(text.includes('i morgen, mandag 23. november 2026 kl. 00:30'), text);
    }));
});

describe('the whole overview', () => {
  test('begins with what needs attention and goes on by theme, under headings of the level asked for', () =>
    visit({ body: '<overblik-overview heading-level="3"></overblik-overview>' }, async ({ page }) => {
      await give(page, 'overblik-overview', EVERYTHING);
      const headings = await page.locator('h1, h2, h3, h4, h5, h6').evaluateAll((all) => all.map(({ localName, textContent }) => `${localName} ${textContent}`));
      assert.deepEqual(headings.slice(0, 4), ['h1 Portal', 'h3 Kræver din opmærksomhed', 'h3 Kultur og fritid', 'h4 Område Ready']);
      const loans = SPECIMENS.widgets.filter(({ widget }) => widget.kind === 'loan').length;
      assert.ok(headings.includes(`h5 Lån (${loans})`), headings.join('\n'));
      assert.equal(await page.locator('.attention .entry').count(), 6);
      assert.equal(await page.locator('.attention > ul .entry').count(), 5, 'the rest is folded away');
    }));

  test('tells in a status message who answered and who did not, and never that there is nothing', () =>
    visit({ body: '<overblik-overview></overblik-overview>' }, async ({ page }) => {
      await give(page, 'overblik-overview', EVERYTHING);
      const told = await status(page).textContent();
      assert.ok(told.startsWith('Svar fra 4 af 10 kilder. Mangler svar fra: Område Stale (Birkerup Kommune), '), told);
      assert.ok(told.includes('Ufuldstændigt svar fra: Område Partial'), told);
      assert.ok(told.includes('Ikke spurgt: Område Suspended'), told);
      for (const { section } of SPECIMENS.states.filter(({ section }) => section.state !== 'empty')) {
        await give(page, 'overblik-overview', overviewOf([section]));
        assert.ok(!(await page.locator('.content').textContent()).includes('ikke registreret noget'), section.state);
      }
    }));

  for (const [states, words] of [
    [['ready', 'empty'], 'Alle kilder har svaret. Intet kræver din opmærksomhed lige nu.'],
    [['ready', 'failed'], 'I de svar, der er kommet, er der ikke noget, der kræver din opmærksomhed.'],
    [['failed', 'not_covered'], 'Vi kan ikke sige, hvad der kræver din opmærksomhed, for ingen kilder har svaret.'],
  ]) {
    test(`says of nothing to heed, with ${states.join(' and ')}: ${words}`, () =>
      visit({ body: '<overblik-overview></overblik-overview>' }, async ({ page }) => {
        const sections = states.map((state) => SPECIMENS.states.find(({ section }) => section.state === state).section);
        await give(page, 'overblik-overview', overviewOf(sections));
        assert.ok((await page.locator('.attention').innerText()).includes(words));
      }));
  }

  test('leads from an entry to its section by keyboard', () =>
    visit({ body: '<overblik-overview></overblik-overview>' }, async ({ page }) => {
      await give(page, 'overblik-overview', EVERYTHING);
      await page.locator('.entry .jump').first().focus();
      await page.keyboard.press('Enter');
      const focused = await element(page).evaluate((each) => each.shadowRoot.activeElement?.textContent);
      assert.equal(focused, 'Område Ready');
    }));

  test('is as wide as its place, and takes the portal\'s colours and type', () =>
    visit({ body: '<overblik-overview></overblik-overview>', viewport: PHONE }, async ({ page, guard }) => {
      await give(page, 'overblik-overview', EVERYTHING);
      await assertNoSidewaysScroll({ page }, 'overview');
      const style = await guard.apartFrom(() => element(page).evaluate((each) => {
        each.style.setProperty('--overblik-accent', 'rgb(1, 2, 3)');
        each.style.fontFamily = 'monospace';
        const link = getComputedStyle(each.shadowRoot.querySelector('a'));
        return [link.color, link.fontFamily];
      }));
      assert.deepEqual(style, ['rgb(1, 2, 3)', 'monospace']);
    }));
});

describe('accessible', () => {
  for (const language of LANGUAGES) {
    for (const viewport of [DESKTOP, PHONE]) {
      test(`in full at ${viewport.width} px (${language})`, () =>
        visit({ body: '<overblik-overview></overblik-overview>', lang: language, viewport }, async (visitor) => {
          await give(visitor.page, 'overblik-overview', EVERYTHING);
          await element(visitor.page).evaluate((each) => {
            for (const details of each.shadowRoot.querySelectorAll('details')) details.open = true;
          });
          await assertNoSidewaysScroll(visitor, 'overview');
          await assertAccessible(visitor, 'overview');
        }));
    }
  }

  test('what a source wrote is Danish to a screen reader on an English page', () =>
    visit({ body: '<overblik-widget></overblik-widget>', lang: 'en' }, async ({ page }) => {
      await give(page, 'overblik-widget', { ...ready([SPECIMENS.widgets[0].widget]), generated_at: NOW });
      assert.equal(await page.locator('.name bdi').getAttribute('lang'), 'da');
      assert.equal(await page.locator('.content').getAttribute('lang'), 'en');
    }));
});

describe('hostile texts', () => {
  /** Every text that citizens may read, exchanged for hostile ones in turn. */
  function exchanged(value, next, field) {
    if (typeof value === 'string') {
      const isText = !['kind', 'state', 'theme', 'code', 'link', 'currency', 'source', 'level', 'generated_at'].includes(field);
      return isText && !/^\d{4}-\d\d-\d\d/.test(value) ? next() : value;
    }
    if (Array.isArray(value)) return value.map((item) => exchanged(item, next, field));
    if (!value || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, name === 'contact' ? inner : exchanged(inner, next, name)]));
  }

  /** Every string whatever it is. */
  function replaced(value, text) {
    if (typeof value === 'string') return text;
    if (Array.isArray(value)) return value.map((item) => replaced(item, text));
    if (!value || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replaced(inner, text)]));
  }

  test('r64 in every field that citizens read, stand there letter by letter and do nothing', () =>
    visit({ body: '<overblik-overview></overblik-overview>' }, async ({ page }) => {
      for (let first = 0; first < HOSTILE.length; first += 1) {
        let position = first;
        const widgets = SPECIMENS.widgets.slice(0, 15).map(({ widget }) => widget);
        const contact = ['phone', 'email', 'website', 'digital_post'].map((kind) => ({ kind, value: HOSTILE[first] }));
        const section = { ...SPECIMENS.states.find(({ section }) => section.state === 'partial').section, widgets, contact };
        const attention = [{ source: section.source, kind: 'overdue', date: null, text: { da: 'x', en: 'x' }, link: section.link }];
        const given = exchanged(overviewOf([section], attention), () => HOSTILE[position++ % HOSTILE.length]);
        await give(page, 'overblik-overview', given);
        const found = await page.evaluate(trace);
        assert.deepEqual(found, { ran: false, named: [] }, `from ${first}`);
        const text = await page.locator('.content').evaluate((each) => each.textContent);
        const { title, message, expect, authority } = given.sections[0];
        const expected = [title, message, expect, authority.name, given.attention[0].text].map(({ da }) => da);
        expected.push(HOSTILE[first]);
        for (const widget of given.sections[0].widgets) {
          for (const words of [widget.title, widget.author, widget.child, widget.text, widget.creditor, widget.next_step, widget.name]) {
            if (words) expected.push(words);
          }
        }
        for (const words of expected) assert.ok(text.includes(words), `"${words}" stands there as it came`);
      }
      // What would be asked for later is given its time.
      await page.waitForTimeout(200);
      assert.deepEqual(await page.evaluate(trace), { ran: false, named: [] });
    }));

  test('r64 in every string whatever, names of kinds, dates and addresses included, break nothing', () =>
    visit({ body: '<overblik-overview></overblik-overview><overblik-widget></overblik-widget>' }, async ({ page }) => {
      for (const text of HOSTILE) {
        await give(page, 'overblik-overview', replaced(EVERYTHING, text));
        await give(page, 'overblik-widget', replaced(EVERYTHING.sections.at(-1), text));
        assert.deepEqual(await page.evaluate(trace), { ran: false, named: [] }, text);
        assert.ok((await status(page).textContent()).startsWith('Svar fra'), text);
      }
    }));

  test('r65 an address that is not plain https is no link', () =>
    visit({ body: '<overblik-widget></overblik-widget>' }, async ({ page }) => {
      for (const address of [
        'http://birkerup.example/', 'javascript:window.hostile=1', 'JavaScript:window.hostile=1', ' https://birkerup.example/',
        'https://birkerup.example@evil.example/', 'https://birkerup.example:8443/', 'https://BIRKERUP.example/',
        'https:/birkerup.example', '//birkerup.example/', 'https://birkerup..example/', 'https://bírkerup.example/',
        'https://birkerup.example/\u202etxt', 'https://birkerup.example/a b', 'https://birkerup.example/\n',
        'https://evil.example\\@birkerup.example/', 'https://', 'data:text/html,x', 'blob:https://birkerup.example/1',
        // Of the right form, and no address all the same.
        'https://1.2.3.999/', 'https://birkerup.0x/', 'https://birkerup.256/',
      ]) {
        const widget = { kind: 'case', title: 'Prøve', link: address };
        await give(page, 'overblik-widget', { ...ready([widget]), link: address, contact: [{ kind: 'website', value: address }] });
        assert.equal(await page.locator('overblik-widget a').count(), 0, address);
      }
      for (const value of ['a?bcc=b@evil.example', 'a@b@evil.example', 'a@birkerup.example?bcc=b@evil.example', 'a&b@evil.example']) {
        await give(page, 'overblik-widget', { ...ready([]), link: null, contact: [{ kind: 'email', value }] });
        assert.equal(await page.locator('overblik-widget a').count(), 0, value);
      }
      await give(page, 'overblik-widget', { ...ready([]), contact: [] });
      const link = page.locator('overblik-widget a');
      assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
      assert.ok((await link.innerText()).endsWith('(åbner www.birkerup.example)'));
    }));
});

describe('what a later version sends', () => {
  const of = (widgets, more = {}) => ({ ...ready(widgets), generated_at: NOW, ...more });

  test('a kind that is not known is a plain card, or is counted where it has no title', () =>
    visit({ body: '<overblik-widget></overblik-widget>' }, async ({ page }) => {
      const later = { kind: 'fishing_permit', title: 'Fisketegn', link: 'https://www.birkerup.example/fisk', valid: { until: [1] } };
      await give(page, 'overblik-widget', of([later, { kind: 'nameless' }]));
      const text = await page.locator('.content').innerText();
      assert.ok(text.includes('Andet (1)') && text.includes('Fisketegn') && text.includes('Se mere'), text);
      assert.ok(text.includes('1 oplysning kunne ikke vises.'), text);
    }));

  test('states, themes, reasons, currencies and fields that are not known break nothing', () =>
    visit({ body: '<overblik-overview></overblik-overview>' }, async ({ page }) => {
      const section = of([{ kind: 'payment', title: 'Prøve', amount: { minor: 100, currency: '??' }, more: {} }], {
        state: 'dreaming', theme: 'space', message: { da: 'Drømmer', en: 'Dreaming' }, level: 'ultra',
      });
      const attention = [{ source: 'specimen', kind: 'wonder', text: { da: 'Undren', en: 'Wonder' }, link: null, date: 'soon' }];
      await give(page, 'overblik-overview', { ...overviewOf([section], attention), weather: 'fine' });
      const text = await page.locator('.content').innerText();
      for (const words of ['Andet', 'Drømmer', 'Prøve', 'Undren']) assert.ok(text.includes(words), words);
      assert.ok((await status(page).textContent()).startsWith('Svar fra 0 af 1 kilder.'), 'a state that is not known is no answer');
    }));

  test('values of another type than they should be are left out', () =>
    visit({ body: '<overblik-overview></overblik-overview>' }, async ({ page }) => {
      for (const wrong of [null, 1, true, '', 'x', [], {}, [[]], { da: 1, en: {} }, { toString: null, valueOf: null }]) {
        const widgets = SPECIMENS.widgets.slice(0, 15).map(({ widget }) =>
          Object.fromEntries(Object.entries(widget).map(([name, value]) => [name, name === 'kind' ? value : wrong])));
        widgets.push({ kind: wrong, title: 'Prøve', link: wrong, state: { code: wrong } }, { kind: 'payment', title: 'Prøve', amount: { minor: 1, currency: wrong } });
        await give(page, 'overblik-overview', overviewOf([{ ...of(widgets), contact: wrong, title: wrong, as_of: wrong }], wrong));
        await give(page, 'overblik-overview', { sections: wrong, attention: wrong, generated_at: wrong });
        assert.match(await status(page).textContent(), /kilder/);
      }
    }));
});

describe('asking', () => {
  const FAILED = 'Overblikket kan ikke vises her lige nu.';
  const body = (more = '') => `<overblik-overview ${more}></overblik-overview>`;

  test('the portal\'s own server, once, with its cookies and nobody else\'s', () => {
    portal.answer('/overblik.json', json(EVERYTHING));
    portal.received.length = 0;
    return visit({ body: `${body('src="/overblik.json"')}<overblik-widget source="source-0" src="/overblik.json"></overblik-widget>` }, async ({ page }) => {
      await page.locator('overblik-overview .section').first().waitFor();
      await page.locator('overblik-widget .section').waitFor();
      const asked = portal.received.filter(({ path }) => path === '/overblik.json');
      assert.equal(asked.length, 1, 'elements of one page ask together');
      assert.equal(asked[0].headers['sec-fetch-site'], 'same-origin');
    });
  });

  test('never another origin by src, nor by a redirect', () => {
    portal.answer('/foreign.json', json(EVERYTHING));
    portal.answer('/away.json', (_, response) => response.writeHead(302, { location: `${portal.origin('127.0.0.1')}/foreign.json` }).end());
    portal.received.length = 0;
    return visit({ body: `${body(`src="${portal.origin('127.0.0.1')}/foreign.json"`)}<overblik-widget source="x" src="/away.json"></overblik-widget>` }, async ({ page, guard }) => {
      await page.getByText(FAILED).nth(1).waitFor();
      assert.deepEqual(portal.received.filter(({ path }) => path === '/foreign.json'), []);
      // The browser reports both refusals as errors, as it should.
      assert.throws(() => guard.verify(), /the browser complained/);
      guard.forgive();
    });
  });

  test('the gateway by its token, without cookies, and the way to the whole overview when that fails', async () => {
    let status = 200;
    portal.answer('/embed/v1/overview', (request, response) => {
      const allowed = { 'access-control-allow-origin': portal.origin(), 'access-control-allow-headers': 'authorization' };
      if (request.method === 'OPTIONS') response.writeHead(204, allowed).end();
      else json(EVERYTHING, status, allowed)(request, response);
    });
    portal.received.length = 0;
    const gateway = portal.origin('127.0.0.1');
    await visit({ body: body(`gateway="${gateway}"`), gateway }, async ({ page, guard }) => {
      assert.equal(portal.received.filter(({ path }) => path.startsWith('/embed')).length, 0, 'nobody is asked without a token');
      await element(page).evaluate((each) => { each.token = async () => 'a-token'; });
      await page.locator('.section').first().waitFor();
      const [asked] = portal.received.filter(({ path, method }) => path === '/embed/v1/overview' && method === 'GET');
      assert.equal(asked.headers.authorization, 'Bearer a-token');
      assert.equal(asked.headers.cookie, undefined);
      assert.equal(asked.headers.origin, portal.origin());

      for (const [answered, words] of [[500, FAILED], [401, 'Log ind igen for at se dit overblik her.']]) {
        status = answered;
        guard.expectStatus(answered);
        await element(page).evaluate((each) => each.reload());
        await page.getByText(words).waitFor();
        assert.equal(await page.locator('.section').count(), 0, 'nothing outlives a failure');
        const link = page.locator('overblik-overview a');
        assert.equal(await link.getAttribute('href'), gateway);
        assert.ok((await link.innerText()).startsWith('Se hele dit overblik'));
      }
    });
  });

  test('again by a button, with the focus where the answer is and the outcome announced', () => {
    let asked = 0;
    portal.answer('/again.json', (request, response) => {
      asked += 1;
      json(EVERYTHING, asked === 1 ? 503 : 200)(request, response);
    });
    return visit({ body: body('src="/again.json" link="https://overblik.example/"'), expected: [503] }, async ({ page }) => {
      await page.getByText(FAILED).waitFor();
      assert.equal(await page.locator('overblik-overview a').getAttribute('href'), 'https://overblik.example/');
      await page.getByRole('button', { name: 'Prøv igen' }).press('Enter');
      await page.locator('.section').first().waitFor();
      assert.match(await status(page).textContent(), /^Svar fra 4 af 10/);
      assert.equal(await element(page).evaluate((each) => each.shadowRoot.activeElement?.textContent), 'Kræver din opmærksomhed');
      await page.getByRole('button', { name: 'Hent igen' }).first().click();
      await page.waitForFunction(() => !document.querySelector('overblik-overview').shadowRoot.querySelector('[aria-busy=true]'));
      assert.equal(asked, 3);
    });
  });

  test('an answer that came too late for what was asked since is nobody\'s', () => {
    portal.answer('/slow.json', (request, response) => setTimeout(() => json(overviewOf([]))(request, response), 300));
    portal.answer('/quick.json', json(EVERYTHING));
    return visit({ body: body('src="/slow.json"') }, async ({ page }) => {
      await element(page).evaluate((each) => each.setAttribute('src', '/quick.json'));
      await page.locator('.section').first().waitFor();
      await page.waitForTimeout(500);
      assert.ok((await page.locator('.section').count()) > 0);
    });
  });

  test('tells the portal what became of it', () => {
    portal.answer('/told.json', json(EVERYTHING));
    return visit({ body: body() }, async ({ page }) => {
      const told = await element(page).evaluate((each) =>
        new Promise((settle) => {
          document.addEventListener('overblik-shown', ({ target, detail }) => settle([target.localName, detail.status]));
          each.setAttribute('src', '/told.json');
        }));
      assert.deepEqual(told, ['overblik-overview', undefined]);
    });
  });

  test('a widget shows its own section, or says that there is none', () => {
    portal.answer('/one.json', json(EVERYTHING));
    return visit({ body: '<overblik-widget source="source-1" src="/one.json" heading-level="3"></overblik-widget>' }, async ({ page }) => {
      await page.locator('.section').waitFor();
      assert.equal(await page.locator('h3').innerText(), 'Område Empty');
      await element(page, 'overblik-widget').evaluate((each) => each.setAttribute('source', 'elsewhere'));
      await page.getByText('Denne del er ikke med i dit overblik.').waitFor();
    });
  });

  test('what was given before the file had come is shown', () =>
    visit({ body: '<overblik-widget></overblik-widget>', head: '' }, async ({ page }) => {
      const title = await page.evaluate((section) => {
        const early = document.createElement('overblik-widget-early');
        const late = document.createElement('overblik-widget');
        Object.defineProperty(late, 'overview', { value: section, configurable: true, writable: true, enumerable: true });
        document.body.append(early, late);
        return late.shadowRoot.querySelector('.title').textContent;
      }, ready([]));
      assert.equal(title, 'Område Ready');
    }));
});

test('the file is under 12 kB compressed, and touches no sink that trusted types refuse', () => {
  assert.ok(gzipSync(COMPONENT, { level: 9 }).length < 12_000, `${gzipSync(COMPONENT, { level: 9 }).length} bytes`);
  for (const sink of ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'document.write', 'eval(', 'setHTML', 'Function(', 'localStorage', 'sessionStorage', 'indexedDB', '.cookie']) {
    assert.ok(!COMPONENT.includes(sink), sink);
  }
});
