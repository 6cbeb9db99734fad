// The pages that a citizen meets at the provider.

import { LEVELS } from './levels.mjs';

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function safe(text) {
  return String(text).replace(/[&<>"]/g, (character) => ESCAPES[character]);
}

function page(title, content) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${content}</html>`;
}

/** Who logs in, and at which level. */
export function loginPage(action, citizens, asked) {
  const people = [...citizens].map(([id, { name }]) => `<option value="${safe(id)}">${safe(name)}</option>`);
  const levels = LEVELS.map(
    (level) =>
      `<label><input type="radio" name="level" value="${level}"${asked === level ? ' checked' : ''}>${level}</label>`,
  );
  return page(
    'Log in',
    `<form method="post" action="${safe(action)}"><select name="citizen">${people.join('')}</select>${levels.join('')}` +
      '<button>Log in</button><button name="cancel" value="yes">Cancel</button></form>',
  );
}

/** The library's form, and buttons for it. */
export async function logoutPage(context, form) {
  context.body = page(
    'Log out?',
    `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Log out everywhere</button>` +
      '<button type="submit" form="op.logoutForm">Only there</button>',
  );
}

export async function loggedOutPage(context) {
  context.body = page('Logged out', '');
}
