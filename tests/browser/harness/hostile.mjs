// What a source may write where a citizen's page shows its words: attempts to become markup, script, style or a request.
// Whatever runs sets `window.hostile`; whatever is asked for is asked of a machine that the guard complains of.

export const HOSTILE = [
  '<script>window.hostile=1</script>',
  '<img src=https://evil.example/1 onerror=window.hostile=1>',
  '"><img src=x onerror="window.hostile=1">',
  "' onmouseover='window.hostile=1' autofocus onfocus='window.hostile=1' x='",
  '<svg onload=window.hostile=1><use href="https://evil.example/2#a"/></svg>',
  '<svg><style><img src=x onerror=window.hostile=1></style></svg>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=window.hostile=1&gt;">',
  '</bdi></p></li></ul></article></template><script>window.hostile=1</script>',
  '</script><script src=https://evil.example/3></script>',
  '</style><style>@import "https://evil.example/4";*{display:none}</style>',
  '<iframe srcdoc="<script>parent.hostile=1</script>"></iframe>',
  '<iframe src="javascript:parent.hostile=1"></iframe>',
  '<a href="javascript:window.hostile=1">Klik</a>',
  '<base href="https://evil.example/"><link rel=stylesheet href=https://evil.example/5>',
  '<meta http-equiv=refresh content="0;url=https://evil.example/6">',
  '<form action=https://evil.example/7><button autofocus>Log ind</button></form>',
  '<object data=https://evil.example/8></object><embed src=https://evil.example/9>',
  '<template shadowrootmode=open><script>window.hostile=1</script></template>',
  '<overblik-widget src="https://evil.example/10"></overblik-widget>',
  '<x slot=attention onclick=window.hostile=1>falsk</x>',
  'javascript:window.hostile=1//https://evil.example',
  'data:text/html,<script>window.hostile=1</script>',
  '&lt;script&gt;window.hostile=1&lt;/script&gt; &#60;b&#62; &amp;',
  '{{constructor.constructor("window.hostile=1")()}} ${window.hostile=1} <%= 7*7 %> [0] [1]',
  '__proto__',
  'constructor',
  '\u202Eredro\u202C \u2066vendt\u2069 \u200Busynlig',
  'url(https://evil.example/11) expression(window.hostile=1)',
  '--><!--><img src=x onerror=window.hostile=1>',
  'A'.repeat(300),
];

/** Nothing of it ran, and no element came of it. Shadow trees are looked through too. */
export const trace = () => {
  const trees = [document];
  for (const tree of trees) {
    for (const element of tree.querySelectorAll('*')) if (element.shadowRoot) trees.push(element.shadowRoot);
  }
  const elements = trees.flatMap((tree) => [...tree.querySelectorAll('*')]);
  const handlers = elements.flatMap((element) => [...element.attributes].filter(({ name }) => name.startsWith('on')));
  const foreign = elements.filter((element) => element.matches('img, iframe, object, embed, base, math, template, x, form[action^=http]'));
  const leading = elements.filter((element) => /^(javascript|data):|evil\.example/i.test(element.getAttribute('href') ?? ''));
  const named = [...handlers.map(({ name }) => name), ...[...foreign, ...leading].map((element) => element.outerHTML.slice(0, 120))];
  return { ran: window.hostile !== undefined, named };
};
