// A session store as many applications write it by hand, on ioredis.
//
//   sess:<id>          string: the session as JSON, SET with a TTL, read with GETEX, which renews it
//   user:<n>           hash: what the application keeps about the user, EXPIREd alongside
//   logout             channel: every application server drops its cached copy of a session
//
// A thousand users are at work at the same time over a few shared connections, as in one process of an
// application; ioredis pipelines them by itself.
"use strict";
const Redis = require("ioredis");
const { assert, port, test, until, run, random } = require("../check");

const USERS = 1000;
const CONNECTIONS = 20;
const ROUNDS = 12;
const TTL_S = 300;

const options = { port, host: "127.0.0.1", maxRetriesPerRequest: 1, enableAutoPipelining: true };
const pool = Array.from({ length: CONNECTIONS }, () => new Redis(options));
const own = []; // further connections, closed with the pool

function connection() {
  const client = new Redis({ ...options, enableAutoPipelining: false });
  own.push(client);
  return client;
}

const db = pool[0];

test("the store starts empty", async () => {
  await db.flushall();
  assert.equal(await db.dbsize(), 0);
});

// ---- a thousand users ----

// What each user believes that the store holds.
const users = Array.from({ length: USERS }, (_, n) => ({ n, id: null, visits: 0, cart: {}, ended: [] }));

async function login(redis, user, draw) {
  user.id = `${user.n}-${draw(1e9).toString(36)}`;
  user.session = { user: user.n, name: `Ünïcode ${user.n}`, roles: ["a", "b"], cart: {}, blob: "x".repeat(draw(400)) };
  const done = await redis
    .multi()
    .set(`sess:${user.id}`, JSON.stringify(user.session), "EX", TTL_S)
    .hset(`user:${user.n}`, { name: user.session.name, session: user.id, logins: user.ended.length + 1 })
    .hincrby(`user:${user.n}`, "visits", 0)
    .expire(`user:${user.n}`, TTL_S)
    .exec();
  assert.equal(done.length, 4);
  for (const [error] of done) assert.equal(error, null);
  assert.equal(done[0][1], "OK");
  assert.equal(done[3][1], 1);
}

async function visit(redis, user) {
  const stored = JSON.parse(await redis.getex(`sess:${user.id}`, "EX", TTL_S));
  assert.deepEqual(stored, user.session, `user ${user.n} reads another session than was written`);
  user.visits++;
  const visits = await redis.hincrby(`user:${user.n}`, "visits", 1);
  assert.equal(visits, user.visits, `user ${user.n}'s counter`);
}

async function shop(redis, user, draw) {
  const item = `item${draw(50)}`;
  user.session.cart[item] = (user.session.cart[item] || 0) + 1 + draw(3);
  assert.equal(await redis.set(`sess:${user.id}`, JSON.stringify(user.session), "XX", "EX", TTL_S), "OK");
  await redis.hset(`user:${user.n}`, `cart:${item}`, user.session.cart[item]);
}

async function logout(redis, user) {
  const done = await redis.multi().del(`sess:${user.id}`).hdel(`user:${user.n}`, "session").publish("logout", user.id).exec();
  assert.deepEqual(done.slice(0, 2), [[null, 1], [null, 1]]);
  user.ended.push(user.id);
  user.id = null;
}

// Application servers that listen for logouts: all by channel, one by pattern besides.
const listeners = [];

test("three application servers subscribe to logouts", async () => {
  for (let i = 0; i < 3; i++) {
    const client = connection();
    const heard = [];
    client.on("message", (channel, id) => heard.push(`${channel} ${id}`));
    client.on("pmessage", (pattern, channel, id) => heard.push(`${pattern} ${channel} ${id}`));
    if (i < 2) assert.equal(await client.subscribe("logout"), 1);
    else assert.equal(await client.psubscribe("log?ut"), 1);
    listeners.push({ client, heard });
  }
  assert.deepEqual(await db.pubsub("NUMSUB", "logout", "nobody"), ["logout", 2, "nobody", 0]);
  assert.equal(await db.pubsub("NUMPAT"), 1);
});

test(`${USERS} users at once: log in, visit, shop, log out, each reads what it wrote`, async () => {
  await Promise.all(
    users.map(async (user) => {
      const draw = random(user.n + 1);
      const redis = pool[user.n % CONNECTIONS];
      for (let i = 0; i < ROUNDS; i++) {
        if (!user.id) await login(redis, user, draw);
        await visit(redis, user);
        const what = draw(10);
        if (what < 5) await shop(redis, user, draw);
        else if (what === 9) await logout(redis, user);
      }
    }),
  );
});

test("afterwards the store holds exactly the sessions that are open", async () => {
  const open = users.filter((user) => user.id);
  assert.ok(open.length > USERS / 4 && open.length < USERS, `${open.length} open sessions`);
  const found = new Set();
  let cursor = "0";
  do {
    const [next, keys] = await db.scan(cursor, "MATCH", "sess:*", "COUNT", 500);
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== "0");
  assert.deepEqual([...found].sort(), open.map((user) => `sess:${user.id}`).sort());
  const stored = await db.mget(open.map((user) => `sess:${user.id}`));
  stored.forEach((text, i) => assert.deepEqual(JSON.parse(text), open[i].session));
});

test("every user's hash has its fields, counters and a TTL", async () => {
  const pipeline = db.pipeline();
  for (const user of users) pipeline.hgetall(`user:${user.n}`).ttl(`user:${user.n}`);
  const replies = await pipeline.exec();
  users.forEach((user, i) => {
    const [error, hash] = replies[2 * i];
    assert.equal(error, null);
    assert.equal(hash.name, `Ünïcode ${user.n}`);
    assert.equal(Number(hash.visits), user.visits);
    assert.equal(hash.session, user.id === null ? undefined : user.id);
    if (user.id)
      for (const [item, count] of Object.entries(user.session.cart)) assert.equal(Number(hash[`cart:${item}`]) >= count, true);
    const ttl = replies[2 * i + 1][1];
    assert.ok(ttl > TTL_S - 60 && ttl <= TTL_S, `TTL ${ttl}`);
  });
});

test("each logout reached each application server once", async () => {
  const ended = users.flatMap((user) => user.ended).sort();
  assert.ok(ended.length > 100, `${ended.length} logouts`);
  await until("all logouts heard", () => listeners.every(({ heard }) => heard.length >= ended.length));
  listeners.forEach(({ heard }, i) => {
    const prefix = i < 2 ? "logout " : "log?ut logout ";
    assert.deepEqual(heard.slice().sort(), ended.map((id) => prefix + id));
  });
});

test("a subscriber can leave and use its connection again", async () => {
  const { client } = listeners[0];
  assert.equal(await client.unsubscribe("logout"), 0);
  assert.equal(await client.get("no such key"), null);
  assert.equal(await db.publish("logout", "late"), 2);
});

// ---- expiry ----

// Is `key` there, with the server's clock before and after: pipelined, so nothing comes between for long.
async function observe(redis, key) {
  const [[, before], [, there], [, after]] = await redis.pipeline().time().exists(key).time().exec();
  const ms = ([s, us]) => Number(s) * 1000 + Math.floor(Number(us) / 1000);
  return { before: ms(before), there, after: ms(after) };
}

test("untouched sessions vanish on time, touched ones stay", async () => {
  const redis = connection();
  const watcher = connection();
  const expired = [];
  await redis.flushdb();
  await redis.config("SET", "notify-keyspace-events", "Ex");
  watcher.on("message", (_channel, key) => {
    if (key.startsWith("short:")) expired.push(key);
  });
  await watcher.subscribe("__keyevent@0__:expired");

  const names = Array.from({ length: 200 }, (_, i) => `short:${i}`);
  const touched = (i) => i % 2 === 0;
  const create = redis.pipeline();
  // Half strings, half hashes, with expiry times spread over a few hundred milliseconds.
  names.forEach((name, i) => {
    if (i % 4 < 2) create.set(name, `data ${i}`, "PX", 1000 + i);
    else create.hset(name, "data", i).pexpire(name, 1000 + i);
  });
  for (const [error] of await create.exec()) assert.equal(error, null);
  const due = new Map();
  for (const name of names) due.set(name, await redis.pexpiretime(name));
  for (const at of due.values()) assert.ok(at > 1.6e12, `PEXPIRETIME ${at}`);

  const gone = new Set();
  await until(
    "untouched sessions to vanish",
    async () => {
      const renew = redis.pipeline();
      names.forEach((name, i) => {
        if (touched(i)) i % 4 < 2 ? renew.getex(name, "PX", 3000) : renew.pexpire(name, 3000);
      });
      (await renew.exec()).forEach(([error, reply], k) => {
        assert.equal(error, null);
        assert.ok(reply, `touched session ${2 * k} is gone`);
      });
      for (let i = 1; i < names.length; i += 2) {
        const name = names[i];
        if (gone.has(name)) continue;
        const seen = await observe(redis, name);
        if (seen.there) assert.ok(seen.before <= due.get(name), `${name} was there ${seen.before - due.get(name)} ms late`);
        else assert.ok(seen.after >= due.get(name), `${name} vanished ${due.get(name) - seen.after} ms early`);
        if (!seen.there) gone.add(name);
      }
      return gone.size === names.length / 2;
    },
    15000,
  );
  const untouched = names.filter((_, i) => !touched(i)).sort();
  await until("an expired event for each", () => expired.length >= untouched.length);
  assert.deepEqual(expired.slice().sort(), untouched, "expired events");
  for (let i = 0; i < names.length; i += 2) {
    const ttl = await redis.pttl(names[i]);
    assert.ok(ttl > 0 && ttl <= 3000, `touched session's PTTL ${ttl}`);
    if (i % 4 < 2) assert.equal(await redis.get(names[i]), `data ${i}`);
    else assert.deepEqual(await redis.hgetall(names[i]), { data: String(i) });
  }
  // Left alone, they go too, without anyone reading them: the events and DBSIZE say so.
  await until("the touched ones to vanish", () => expired.length === names.length);
  assert.equal(await redis.exists(...names), 0);
  await redis.config("SET", "notify-keyspace-events", "");
});

test("PERSIST keeps a session, EXPIRE's conditions are kept", async () => {
  await db.set("keep", "v", "PX", 60000);
  assert.equal(await db.persist("keep"), 1);
  assert.equal(await db.pttl("keep"), -1);
  assert.equal(await db.expire("keep", 100, "XX"), 0);
  assert.equal(await db.expire("keep", 100, "NX"), 1);
  assert.equal(await db.expire("keep", 50, "GT"), 0);
  assert.equal(await db.expire("keep", 50, "LT"), 1);
  assert.equal(await db.expire("keep", -1), 1);
  assert.equal(await db.exists("keep"), 0);
  assert.equal(await db.ttl("keep"), -2);
});

// ---- transactions ----

test("WATCH: twenty writers of one session, no update is lost", async () => {
  await db.set("shared", JSON.stringify({ count: 0 }));
  let retries = 0;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const redis = connection();
      for (let done = 0; done < 10; ) {
        await redis.watch("shared");
        const session = JSON.parse(await redis.get("shared"));
        session.count++;
        const result = await redis.multi().set("shared", JSON.stringify(session)).strlen("shared").exec();
        if (result) done++;
        else retries++;
      }
    }),
  );
  assert.equal(JSON.parse(await db.get("shared")).count, 200);
  assert.ok(retries > 0, "twenty writers never met");
});

test("MULTI: an error in one command leaves the others, a wrong command discards all", async () => {
  const redis = connection();
  await redis.del("t1", "t2");
  const [set, wrong, get] = await redis.multi().set("t1", "text").hset("t1", "f", "v").get("t1").exec();
  assert.deepEqual(set, [null, "OK"]);
  assert.match(wrong[0].message, /^WRONGTYPE /);
  assert.deepEqual(get, [null, "text"]);
  await assert.rejects(redis.multi().set("t2", "x").call("GET").exec(), /EXECABORT/);
  assert.equal(await redis.exists("t2"), 0);
});

// ---- bulk ----

test("a pipeline of 5,000 commands answers in order", async () => {
  const pipeline = connection().pipeline();
  for (let i = 0; i < 2500; i++) pipeline.set(`bulk:${i}`, i).incrby(`bulk:${i}`, i);
  const replies = await pipeline.exec();
  assert.equal(replies.length, 5000);
  replies.forEach(([error, reply], i) => {
    assert.equal(error, null);
    assert.equal(reply, i % 2 ? i - 1 : "OK");
  });
});

test("a session of a megabyte of bytes comes back as it was", async () => {
  const bytes = Buffer.alloc(1 << 20);
  const draw = random(7);
  for (let i = 0; i < bytes.length; i++) bytes[i] = draw(256);
  assert.equal(await db.set("big", bytes), "OK");
  assert.ok(bytes.equals(await db.getBuffer("big")));
  assert.equal(await db.strlen("big"), bytes.length);
  assert.ok(bytes.subarray(1000, 2000).equals(await db.getrangeBuffer("big", 1000, 1999)));
});

test("UNLINK and FLUSHDB leave nothing", async () => {
  assert.equal(await db.unlink("big", "shared", "no such key"), 2);
  await db.flushdb();
  assert.equal(await db.dbsize(), 0);
});

run(() => Promise.all([...pool, ...own].map((client) => client.quit())));
