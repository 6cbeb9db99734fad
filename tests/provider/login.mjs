// The login itself: a form in which whoever tests says who they are.

import { LEVELS } from './levels.mjs';
import { loginPage } from './pages.mjs';

/** Answers a request for a path below `/interaction/`. */
export async function login(provider, settings, request, response, read) {
  const { uid, params } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('cache-control', 'no-store');
    response.setHeader('content-security-policy', "default-src 'none'");
    response.end(loginPage(`/interaction/${uid}`, settings.citizens, params.acr_values));
    return;
  }
  const form = new URLSearchParams(await read(request));
  await provider.interactionFinished(request, response, outcome(form, settings), { mergeWithLastSubmission: false });
}

function outcome(form, settings) {
  const [citizen, level] = [form.get('citizen'), form.get('level')];
  if (form.has('cancel') || !settings.citizens.has(citizen) || !LEVELS.includes(level)) {
    return { error: 'access_denied', error_description: 'The citizen <b>cancelled</b>' };
  }
  return { login: { accountId: citizen, acr: level } };
}
