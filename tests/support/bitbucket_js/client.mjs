// Calls of bitbucket.js: which come as JSON on standard input, what came of each goes out the same way.
//
// The argument is the directory whose node_modules hold the library.

import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/`);
const { Bitbucket } = require("bitbucket");
const FormData = require("form-data");

const asked = JSON.parse(fs.readFileSync(0, "utf8"));
const client = new Bitbucket({
  baseUrl: asked.api,
  auth: { username: asked.username, password: asked.secret },
  notice: false,
});

function form(fields) {
  const made = new FormData();
  for (const [name, value, filename] of fields) made.append(name, value, filename ? { filename } : {});
  return made;
}

async function call({ what, how = {}, fields }) {
  const [group, method] = what.split(".");
  const wanted = fields ? { ...how, _body: form(fields) } : how;
  try {
    const { data, status } = await client[group][method](wanted);
    return { status, data };
  } catch (error) {
    return { status: error.status, message: error.message };
  }
}

async function everything({ what, how = {} }) {
  const [group, method] = what.split(".");
  let page = (await client[group][method](how)).data;
  const pages = [page.values];
  while (client.hasNextPage(page)) {
    page = (await client.getNextPage(page)).data;
    pages.push(page.values);
  }
  return { pages };
}

const answers = [];
for (const one of asked.calls) answers.push(one.everything ? await everything(one) : await call(one));
process.stdout.write(JSON.stringify({ answers }));
