// The same ideas on node-redis, which speaks RESP3: maps, pushes and nulls arrive as such.
"use strict";
const { createClient } = require("redis");
const { assert, port, test, until, run, random } = require("../check");

const USERS = 1000;
const clients = [];

async function connect(RESP) {
  const client = createClient({ RESP, socket: { host: "127.0.0.1", port, reconnectStrategy: false } });
  client.on("error", (error) => console.log(`client error: ${error.message}`));
  clients.push(client);
  await client.connect();
  return client;
}

for (const RESP of [2, 3]) {
  let db;

  test(`RESP${RESP}: connects, HELLO tells the protocol`, async () => {
    db = await connect(RESP);
    await db.flushAll();
    const hello = await db.hello();
    assert.equal(hello.proto, RESP);
    assert.equal(hello.mode, "standalone");
    assert.equal(hello.role, "master");
    assert.match(hello.version, /^7\./);
  });

  test(`RESP${RESP}: ${USERS} users' sessions as hashes, written and read at once`, async () => {
    await Promise.all(
      Array.from({ length: USERS }, async (_, n) => {
        const draw = random(n + RESP);
        const key = `sess:${n}`;
        const session = { user: String(n), token: draw(1e9).toString(16), empty: "", seen: "0" };
        assert.equal(await db.hSet(key, session), 4);
        assert.equal(await db.expire(key, 100), 1);
        const rounds = 1 + draw(5);
        for (let i = 0; i < rounds; i++) {
          assert.equal(await db.hIncrBy(key, "seen", 1), i + 1);
          assert.equal(await db.expire(key, 200 + i), 1);
        }
        assert.deepEqual({ ...(await db.hGetAll(key)) }, { ...session, seen: String(rounds) });
        assert.deepEqual(await db.hmGet(key, ["user", "no such field"]), [String(n), null]);
        const ttl = await db.ttl(key);
        assert.ok(ttl > 150 && ttl <= 200 + rounds, `TTL ${ttl}`);
      }),
    );
    assert.equal(await db.dbSize(), USERS);
  });

  test(`RESP${RESP}: a key that is not there is null, a hash that is not there is empty`, async () => {
    assert.equal(await db.get("nothing"), null);
    assert.equal(await db.hGet("nothing", "f"), null);
    assert.deepEqual({ ...(await db.hGetAll("nothing")) }, {});
    assert.deepEqual(await db.mGet(["nothing", "neither"]), [null, null]);
  });

  test(`RESP${RESP}: MULTI with results, WATCH that fails`, async () => {
    const other = await connect(RESP);
    const result = await db.multi().set("a", "1").incr("a").get("a").hSet("h", "f", "v").hGetAll("h").exec();
    assert.deepEqual(result.slice(0, 4), ["OK", 2, "2", 1]);
    assert.deepEqual({ ...result[4] }, { f: "v" });
    await other.watch("a");
    await db.set("a", "changed");
    await assert.rejects(other.multi().set("a", "lost").exec(), { name: "Error", message: /watched keys/i });
    assert.equal(await db.get("a"), "changed");
  });

  test(`RESP${RESP}: logout broadcast by channel, pattern and shard channel`, async () => {
    const heard = [];
    const listener = await connect(RESP);
    await listener.subscribe("logout", (id, channel) => heard.push(`${channel} ${id}`));
    await listener.pSubscribe("log*", (id, channel) => heard.push(`pattern ${channel} ${id}`));
    await listener.sSubscribe("shard", (id, channel) => heard.push(`shard ${channel} ${id}`));
    assert.equal(await db.publish("logout", "1"), 2);
    assert.equal(await db.sPublish("shard", "2"), 1);
    await until("three messages", () => heard.length >= 3);
    assert.deepEqual(heard.sort(), ["logout 1", "pattern logout 1", "shard shard 2"]);
    // RESP3 lets a subscriber send ordinary commands as well.
    if (RESP === 3) assert.equal(await listener.get("a"), "changed");
    await listener.unsubscribe("logout");
    await listener.pUnsubscribe("log*");
    await listener.sUnsubscribe("shard");
    assert.equal(await db.publish("logout", "3"), 0);
  });

  test(`RESP${RESP}: sessions expire, GETEX and GETDEL`, async () => {
    await db.set("short", "v", { expiration: { type: "PX", value: 80 } });
    await db.set("long", "v", { expiration: { type: "PX", value: 80 } });
    assert.equal(await db.getEx("long", { type: "EX", value: 100 }), "v");
    await until("the short session to vanish", async () => (await db.exists("short")) === 0);
    assert.equal(await db.get("long"), "v");
    assert.equal(await db.getDel("long"), "v");
    assert.equal(await db.exists("long"), 0);
    assert.equal(await db.set("once", "1", { condition: "NX" }), "OK");
    assert.equal(await db.set("once", "2", { condition: "NX" }), null);
  });

  test(`RESP${RESP}: SCAN finds every session once it is asked to the end`, async () => {
    const found = new Set();
    for await (const keys of db.scanIterator({ MATCH: "sess:*", COUNT: 100 })) for (const key of keys) found.add(key);
    assert.equal(found.size, USERS);
    const fields = [];
    for await (const entries of db.hScanIterator("sess:0")) for (const { field } of entries) fields.push(field);
    assert.deepEqual(fields.sort(), ["empty", "seen", "token", "user"]);
  });

  test(`RESP${RESP}: errors arrive as errors and the connection goes on`, async () => {
    await assert.rejects(db.sendCommand(["NO-SUCH-COMMAND", "x"]), /unknown command/);
    await db.set("text", "abc");
    await assert.rejects(db.incr("text"), /not an integer/);
    await assert.rejects(db.hGet("text", "f"), /WRONGTYPE/);
    assert.equal(await db.ping(), "PONG");
  });
}

run(() => Promise.all(clients.map((client) => client.close())));
