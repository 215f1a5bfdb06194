// The store that most Express applications use: express-session over connect-redis, behind real HTTP.
"use strict";
const http = require("node:http");
const session = require("express-session");
const { RedisStore } = require("connect-redis");
const { createClient } = require("redis");
const { assert, port, test, until, run } = require("../check");

const client = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: false } });
client.on("error", (error) => console.log(`client error: ${error.message}`));
// One for each application: express-session leaves the cookie's settings in its store.
const newStore = () => new RedisStore({ client, prefix: "web:" });
const store = newStore();
let shop; // the application's HTTP server
let brief; // the same with sessions of one and a half seconds

function application(maxAge, sessions) {
  const middleware = session({
    store: sessions,
    secret: "no secret",
    resave: false,
    saveUninitialized: false,
    rolling: true,
    cookie: { maxAge },
  });
  const server = http.createServer((request, response) => {
    middleware(request, response, (error) => {
      const answer = (status, body) => {
        response.statusCode = status;
        response.end(JSON.stringify(body));
      };
      if (error) return answer(500, String(error));
      const [, action, word] = request.url.split("/");
      if (action === "login") {
        request.session.user = decodeURIComponent(word);
        request.session.visits = 0;
        return answer(200, { id: request.sessionID });
      }
      if (!request.session.user) return answer(401, {});
      if (action === "logout") return request.session.destroy((failure) => answer(failure ? 500 : 200, {}));
      if (action === "visit") request.session.visits++;
      return answer(200, { user: request.session.user, visits: request.session.visits });
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

// A browser: keeps its cookie.
class Browser {
  constructor(server) {
    this.server = server;
  }

  get(path) {
    return new Promise((resolve, reject) => {
      const headers = this.cookie ? { cookie: this.cookie } : {};
      const request = http.get({ host: "127.0.0.1", port: this.server.address().port, path, headers }, (response) => {
        const cookie = response.headers["set-cookie"];
        if (cookie) this.cookie = cookie[0].split(";")[0];
        let text = "";
        response.on("data", (piece) => (text += piece));
        response.on("end", () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
      });
      request.on("error", reject);
    });
  }
}

test("the application starts", async () => {
  await client.connect();
  await client.flushAll();
  shop = await application(100000, store);
  brief = await application(1500, newStore());
});

test("200 browsers at once keep their own sessions", async () => {
  await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      const browser = new Browser(shop);
      assert.equal((await browser.get("/visit")).status, 401);
      assert.equal((await browser.get(`/login/user${n}`)).status, 200);
      for (let i = 1; i <= 5; i++)
        assert.deepEqual(await browser.get("/visit"), { status: 200, body: { user: `user${n}`, visits: i } });
      if (n % 2) {
        assert.equal((await browser.get("/logout")).status, 200);
        assert.equal((await browser.get("/visit")).status, 401);
      }
    }),
  );
  assert.equal(await store.length(), 100);
});

test("the store lists all sessions with their data", async () => {
  const all = await store.all();
  assert.equal(all.length, 100);
  assert.deepEqual(all.map((s) => s.user).sort(), Array.from({ length: 100 }, (_, i) => `user${2 * i}`).sort());
  for (const s of all) assert.equal(s.visits, 5);
  for (const id of await store.ids()) {
    const ttl = await client.ttl(`web:${id}`);
    assert.ok(ttl > 50 && ttl <= 100, `TTL ${ttl}`);
  }
  await store.clear();
  assert.equal(await store.length(), 0);
});

test("looking at a page renews the session, leaving it ends it", async () => {
  const active = new Browser(brief);
  const idle = new Browser(brief);
  assert.equal((await active.get("/login/active")).status, 200);
  const { id } = (await idle.get("/login/idle")).body;
  await until("the idle session to vanish", async () => {
    assert.equal((await active.get("/look")).status, 200);
    return (await client.exists(`web:${id}`)) === 0;
  });
  assert.equal((await idle.get("/look")).status, 401);
  assert.deepEqual((await active.get("/look")).body, { user: "active", visits: 0 });
  await until("the other session to vanish, too", async () => (await client.dbSize()) === 0);
  assert.equal((await active.get("/look")).status, 401);
});

run(async () => {
  for (const server of [shop, brief]) if (server) server.close();
  await client.close();
});
