// A web site where people log in with their account elsewhere, by passport: who came is what it answers to their browser.
//
// The argument is the directory whose node_modules hold the library. The first line of standard input says which app it is
// and where its server is; the port that it took goes out. It ends when its input does.

import { randomBytes } from "node:crypto";
import http from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.argv[2]}/`);
const passport = require("passport");
const { Strategy } = require("passport-bitbucket-oauth2");

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const asked = JSON.parse((await lines.next()).value);
const home = (port) => `http://127.0.0.1:${port}`;

function strategyOf(port, secret) {
  const options = {
    clientID: asked.key,
    clientSecret: secret,
    callbackURL: home(port) + asked.callback,
    authorizationURL: asked.authorize,
    tokenURL: asked.token,
    userProfileURL: asked.profile,
    // The library makes up a state for each visit, keeps it in the session, and checks what comes back.
    state: true,
    pkce: asked.pkce,
  };
  return new Strategy(options, (access, refresh, params, profile, done) => {
    done(null, { access, refresh, params, profile });
  });
}

const sessions = new Map();

function sessionOf(request, response) {
  let name = /(?:^|; )site=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
  if (!sessions.has(name)) {
    name = randomBytes(16).toString("hex");
    sessions.set(name, {});
    response.setHeader("Set-Cookie", `site=${name}; HttpOnly`);
  }
  return sessions.get(name);
}

function answer(response, status, value) {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(value));
}

function logIn(request, response) {
  request.session = sessionOf(request, response);
  passport.authenticate("bitbucket", { session: false, scope: asked.scope }, (error, user, info, status) => {
    if (error) {
      const { statusCode, data } = error.oauthError ?? {};
      answer(response, 500, { trouble: error.message, code: error.code, status: statusCode, data });
    } else if (user) answer(response, 200, user);
    else answer(response, status ?? 401, { refused: info?.message });
  })(request, response, () => response.end());
}

// What the library exchanges beside a log-in; the secret may be another one than the app's.
async function exchange(request, response, port) {
  let body = "";
  for await (const piece of request) body += piece;
  const { code, how, secret } = JSON.parse(body);
  const oauth = strategyOf(port, secret ?? asked.secret)._oauth2;
  oauth.getOAuthAccessToken(code, how, (error, access, refresh, params) => {
    if (error) answer(response, 200, { status: error.statusCode, error: error.data });
    else answer(response, 200, { access, refresh, params });
  });
}

const site = http.createServer((request, response) => {
  const { port } = site.address();
  const url = new URL(request.url, home(port));
  request.query = Object.fromEntries(url.searchParams);
  if (request.method === "POST" && url.pathname === "/exchange") exchange(request, response, port);
  else if (url.pathname === "/start" || url.pathname === asked.callback) logIn(request, response);
  else answer(response, 404, {});
});
site.listen(0, "127.0.0.1", () => {
  const { port } = site.address();
  passport.use(strategyOf(port, asked.secret));
  console.log(JSON.stringify({ port }));
});

await lines.next();
process.exit(0);
