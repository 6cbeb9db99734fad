// What a test may order and read, on a port of its own. The provider knows nothing of it.

import { createHash } from 'node:crypto';

/** What a test needs to know of a request to the provider: nothing secret. */
export function noted(context) {
  const { oidc, path, method, query, status, headers, body } = context;
  // The form as it came: the library takes credentials out of its parameters.
  const params = oidc?.body ?? {};
  const token = params.refresh_token ?? (oidc?.route === 'revocation' ? params.token : undefined);
  return {
    method,
    path,
    status,
    error: body?.error ?? null,
    query: Object.keys(query),
    client: oidc?.client?.clientId ?? null,
    grant_type: params.grant_type ?? null,
    asked: params.acr_values ?? null,
    basic: headers.authorization?.startsWith('Basic ') ?? false,
    assertion: params.client_assertion ? parts(params.client_assertion) : null,
    // Tells one refresh token from another without telling either.
    refresh_token: token ? createHash('sha256').update(token).digest('base64url') : null,
  };
}

function parts(token) {
  const [header, claims] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  return { header: JSON.parse(header), claims: JSON.parse(claims) };
}

/** The orders by name. Each takes what was sent and returns what to answer. */
export function orders(world) {
  return {
    /** Everything that came to the provider so far. */
    received: () => world.received,

    /** Registers a client as its metadata say. */
    client: async (metadata) => {
      await world.storage.adapter('Client').upsert(metadata.client_id, metadata);
    },

    citizens: (citizens) => {
      world.settings.citizens = new Map(Object.entries(citizens));
    },

    access_token_s: (seconds) => {
      world.settings.access_token_s = seconds;
    },

    /** A new key signs from now on; so many of the former ones stay published. */
    change_keys: ({ keep }) => world.changeKeys(keep),

    /** Takes back everything that a citizen's clients were granted, without telling them. */
    take_back: async ({ citizen }) => {
      for (const grant of world.storage.all('Grant').filter((grant) => grant.accountId === citizen)) {
        await revoke(world, grant.jti);
      }
    },

    /** Makes a citizen's refresh tokens used ones. */
    use_up: async ({ citizen }) => {
      for (const token of world.storage.all('RefreshToken').filter((token) => token.accountId === citizen)) {
        await world.storage.adapter('RefreshToken').consume(token.jti);
      }
    },

    /**
     * Ends a citizen's sessions as the provider's own administration would: back-channel logouts first. What became of
     * each logout.
     */
    end_sessions: async ({ citizen }) => {
      const outcomes = [];
      for (const { jti } of world.storage.all('Session').filter((session) => session.accountId === citizen)) {
        const session = await world.provider.Session.find(jti);
        for (const [clientId, { sid, grantId }] of Object.entries(session.authorizations ?? {})) {
          const client = await world.provider.Client.find(clientId);
          const ended = client.backchannelLogout(citizen, sid);
          outcomes.push(await ended.then(() => 'told', (error) => error.message));
          await revoke(world, grantId);
        }
        await session.destroy();
      }
      return outcomes;
    },
  };
}

async function revoke({ provider, storage }, grantId) {
  for (const kind of ['AccessToken', 'AuthorizationCode', 'RefreshToken']) {
    await provider[kind].revokeByGrantId(grantId);
  }
  await storage.adapter('Grant').destroy(grantId);
}
