// The portal's own script: all that its pages need for a frame or for a component that asks the gateway itself.

/** A token for this page, from the portal's own server. */
async function token() {
  const answer = await fetch('/embed-token', { method: 'POST' });
  if (!answer.ok) throw Object.assign(new Error('no token'), { status: answer.status });
  return (await answer.json()).token;
}

for (const element of document.querySelectorAll('[data-asks-for-token]')) element.token = token;

const frame = document.querySelector('iframe[data-gateway]');
if (frame) {
  const { gateway, src } = frame.dataset;
  addEventListener('message', async ({ origin, source, data }) => {
    // Only the gateway, and only from this very frame.
    if (origin !== gateway || source !== frame.contentWindow) return;
    if (data?.type === 'overblik:token-wanted') {
      const given = await token().catch(() => undefined);
      if (given) source.postMessage({ type: 'overblik:token', token: given }, gateway);
    }
    if (data?.type === 'overblik:height' && Number.isInteger(data.height) && data.height > 0 && data.height < 20_000) {
      frame.height = data.height;
    }
  });
  // Not before somebody listens.
  frame.src = src;
}
