// One action of isomorphic-git: what to do comes as JSON on standard input, what came of it goes out the same way.
//
// The argument is the directory whose node_modules hold the library.

import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/`);
const git = require("isomorphic-git");
const http = require("isomorphic-git/http/node");

const author = { name: "Ada", email: "ada@example.org" };

const asked = JSON.parse(fs.readFileSync(0, "utf8"));
const onAuth = () => ({ username: asked.username, password: asked.secret });
const here = { fs, http, dir: asked.directory, onAuth };

const actions = {
  clone: () => git.clone({ ...here, url: asked.url, depth: asked.depth || undefined }),

  fetch: () => git.fetch({ ...here, remote: "origin" }),

  async push() {
    fs.writeFileSync(`${asked.directory}/isomorphic-git.txt`, "more\n");
    await git.add({ ...here, filepath: "isomorphic-git.txt" });
    await git.commit({ ...here, message: "Write", author });
    await git.push({ ...here, remote: "origin", ref: "main" });
  },
};

async function answer() {
  try {
    await actions[asked.action]();
  } catch (error) {
    return { refused: `${error.code}: ${error.message}` };
  }
  const commits = await git.log(here);
  return {
    head: commits[0].oid,
    commits: commits.length,
    fetched: await git.resolveRef({ ...here, ref: "refs/remotes/origin/main" }),
  };
}

console.log(JSON.stringify(await answer()));
