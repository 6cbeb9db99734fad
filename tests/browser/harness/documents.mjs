// Every document that a tab is given, in order, however briefly it is shown and whoever sends it.

/**
 * Collects, from now on, every answer to a tab's moves from page to page: its address, its status, where a redirect
 * leads, and its words. Each is read before the browser gets it, as a browser forgets a page that leads on at once.
 */
export async function collectDocuments(context, page) {
  const documents = [];
  const devtools = await context.newCDPSession(page);
  devtools.on('Fetch.requestPaused', async ({ requestId, request, responseStatusCode: status, responseHeaders }) => {
    const document = { url: request.url, method: request.method, status, html: '' };
    document.location = responseHeaders?.find(({ name }) => name.toLowerCase() === 'location')?.value;
    documents.push(document);
    if (status === 200) {
      const { body, base64Encoded } = await devtools.send('Fetch.getResponseBody', { requestId });
      document.html = base64Encoded ? Buffer.from(body, 'base64').toString() : body;
    }
    await devtools.send('Fetch.continueResponse', { requestId });
  });
  await devtools.send('Fetch.enable', { patterns: [{ resourceType: 'Document', requestStage: 'Response' }] });
  return documents;
}
