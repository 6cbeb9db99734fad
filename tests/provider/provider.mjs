// The provider: `oidc-provider` as it is, configured as a national login is: pushed requests, clients that sign who
// they are, levels, refresh tokens for one use, and logout in both directions.

import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { Provider, errors, interactionPolicy } from 'oidc-provider';

import { LEVELS, suffices } from './levels.mjs';
import { loggedOutPage, logoutPage } from './pages.mjs';

const COOKIE_KEYS = [randomBytes(32).toString('base64url')];

/** A new private key for signing, as a JSON Web Key. */
export function signingKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
}

/** A provider that signs by the first of these keys and publishes all of them. */
export function provider({ issuer, keys, storage, settings, record }) {
  const made = new Provider(issuer, {
    adapter: (kind) => storage.adapter(kind),
    jwks: { keys },
    cookies: { keys: COOKIE_KEYS },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['private_key_jwt', 'client_secret_basic'],
    assertJwtClientAuthClaimsAndHeader: asFapiDemands,
    acrValues: LEVELS,
    scopes: ['openid'],
    claims: { openid: ['sub'], profile: ['name', 'municipality_code'], ssn: ['cpr'] },
    // What is known of the citizen stands in the ID token, as national logins have it.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    responseTypes: ['code'],
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      backchannelLogout: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: { enabled: true, logoutSource: logoutPage, postLogoutSuccessSource: loggedOutPage },
    },
    findAccount: (_context, id) => account(id, settings.citizens.get(id)),
    interactions: { policy: policy(), url: (_context, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: grantAll,
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: () => settings.access_token_s,
      AuthorizationCode: 60,
      Grant: 8 * 3600,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: 8 * 3600,
      Session: 8 * 3600,
    },
    // The library calls no address that is special, and this machine is; nothing else is called here.
    fetch: (url, { dispatcher: _guarded, ...options }) => globalThis.fetch(onlyLoopback(url), options),
    renderError: (context, out) => {
      context.type = 'text/plain';
      context.body = `${out.error}: ${out.error_description}`;
    },
  });
  made.use(async (context, next) => {
    await next();
    record(context);
  });
  return made;
}

/** What FAPI 2.0 and RFC 7523bis demand of an assertion beyond what the library checks by itself. */
function asFapiDemands(context, claims, header) {
  const demand = (holds, what) => {
    if (!holds) throw new errors.InvalidClientAuth(what);
  };
  demand(header.typ === 'client-authentication+jwt', 'the assertion is of another type');
  demand(claims.aud === context.oidc.issuer, 'the audience is not the issuer alone');
  demand(claims.sub === claims.iss, 'the assertion is about somebody else');
  demand(Number.isInteger(claims.iat) && claims.exp - claims.iat <= 60, 'the assertion lasts too long');
}

/** Asks the citizen again when a higher level is wanted than the one of their session. */
function policy() {
  const { Check, base } = interactionPolicy;
  const prompts = base();
  prompts.get('login').checks.add(
    new Check('level', 'a higher level is asked for', ({ oidc }) => {
      const asked = oidc.params.acr_values?.split(' ') ?? [];
      // What the citizen just did is what there is: whether it suffices is for the client to say.
      const enough = oidc.result?.login !== undefined || suffices(oidc.session.acr, asked);
      return enough ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
    }),
  );
  return prompts;
}

/** The public sector's own login asks nobody for consent. */
async function grantAll({ oidc }) {
  const { client, session, provider: here, params } = oidc;
  const former = session.grantIdFor(client.clientId);
  const grant =
    (former && (await here.Grant.find(former))) ??
    new here.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

function account(id, citizen) {
  return citizen && { accountId: id, claims: () => ({ sub: id, ...citizen }) };
}

function onlyLoopback(url) {
  const { hostname } = new URL(url);
  if (hostname !== 'localhost' && hostname !== '127.0.0.1') throw new Error(`not on this machine: ${hostname}`);
  return url;
}
