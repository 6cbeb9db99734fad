// Standard output is for the one line that says where the provider is; whatever else there is to say goes beside it.

import { Console } from 'node:console';

const told = new Console(process.stderr);

// The library is made for Node.js 22 and says so at every start; what is used of it here works on 20.19 too.
const { warn } = told;
told.warn = (text, ...rest) => {
  if (!String(text).includes('Unsupported runtime')) warn(text, ...rest);
};

globalThis.console = told;
