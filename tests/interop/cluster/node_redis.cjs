// node-redis in cluster mode.
"use strict";
const { createCluster } = require("redis");
const { assert, test, until, run } = require("../check");
const { nodes, moveSlots } = require("./map.cjs");

const cluster = createCluster({ rootNodes: nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` })) });
cluster.on("error", (error) => console.log(`client error: ${error.message}`));

async function onAll(work) {
  return Promise.all(cluster.masters.map(async (node) => work(await cluster.nodeClient(node))));
}

test("the servers are found, and start empty", async () => {
  await cluster.connect();
  assert.equal(cluster.masters.length, 3);
  await onAll((client) => client.flushAll());
});

test("a thousand keys, wherever they are", async () => {
  const keys = Array.from({ length: 1000 }, (_, n) => `key:${n}`);
  await Promise.all(keys.map((key, n) => cluster.set(key, String(n))));
  assert.deepEqual(await Promise.all(keys.map((key) => cluster.get(key))), keys.map((_, n) => String(n)));
  const held = await onAll((client) => client.dbSize());
  assert.equal(held.reduce((a, b) => a + b), 1000);
  assert.ok(held.every((count) => count > 200), `${held} keys`);
});

test("transactions in one slot, and an error for several", async () => {
  const replies = await cluster.multi().set("{u:1}name", "Ada").hSet("{u:1}cart", "apples", 3).get("{u:1}name").exec();
  assert.deepEqual(replies, ["OK", 1, "Ada"]);
  await assert.rejects(cluster.mGet(["a", "b"]), /CROSSSLOT/);
});

test("sharded channels", async () => {
  const heard = [];
  const hear = (message, channel) => heard.push(`${channel} ${message}`);
  for (const channel of ["n:1", "n:2", "n:3"]) await cluster.sSubscribe(channel, hear);
  for (const channel of ["n:1", "n:2", "n:3"]) assert.equal(await cluster.sPublish(channel, "hello"), 1);
  await until("all messages came", () => heard.length === 3);
  assert.deepEqual(heard.sort(), ["n:1 hello", "n:2 hello", "n:3 hello"]);
  await cluster.sUnsubscribe("n:1", hear);
  assert.equal(await cluster.sPublish("n:1", "nobody"), 0);
});

test("slots change their owner", async () => {
  for (let move = 0; move < 3; move++) {
    await moveSlots(move);
    for (let n = 0; n < 300; n++) {
      await cluster.set(`again:${n}`, String(n));
      assert.equal(await cluster.get(`again:${n}`), String(n));
    }
  }
});

run(async () => cluster.destroy());
