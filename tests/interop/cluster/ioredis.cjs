// ioredis in cluster mode: a session store, a leaderboard, sharded channels, and slots that change their owner while
// it is at work.
"use strict";
const Redis = require("ioredis");
const { assert, test, until, run, random } = require("../check");
const { nodes, moveSlots } = require("./map.cjs");

const USERS = 300;
const ROUNDS = 8;
const PLAYERS = 20000;
const PIPELINE = 500;
const SHOWN = 5;

const cluster = new Redis.Cluster(nodes, { shardedSubscribers: true, redisOptions: { maxRetriesPerRequest: 3 } });
cluster.on("error", (error) => console.log(`client error: ${error.message}`));

const onAll = (work) => Promise.all(cluster.nodes("master").map(work));

test("the servers are found, and start empty", async () => {
  await until("three masters are known", () => cluster.nodes("master").length === 3);
  await onAll((node) => node.flushall());
  for (const size of await onAll((node) => node.dbsize())) assert.equal(size, 0);
});

// What a user has lies in one slot by the tag, so that one transaction can change all of it.
async function login(n, draw) {
  const user = { id: draw(1e9).toString(36), n, visits: 0 };
  user.session = { n, name: `Ünïcode ${n}`, blob: "x".repeat(draw(400)) };
  const done = await cluster
    .multi()
    .set(`sess:{${n}}:${user.id}`, JSON.stringify(user.session), "EX", 300)
    .hset(`user:{${n}}`, { session: user.id, visits: 0 })
    .expire(`user:{${n}}`, 300)
    .exec();
  assert.deepEqual(done.map(([error]) => error), [null, null, null]);
  return user;
}

async function visit(user) {
  const stored = JSON.parse(await cluster.getex(`sess:{${user.n}}:${user.id}`, "EX", 300));
  assert.deepEqual(stored, user.session);
  assert.equal(await cluster.hincrby(`user:{${user.n}}`, "visits", 1), ++user.visits);
}

test("sessions of many users at once", async () => {
  const draw = random(7);
  const users = await Promise.all(Array.from({ length: USERS }, (_, n) => login(n, draw)));
  for (let round = 0; round < ROUNDS; round++) await Promise.all(users.map(visit));
  const held = await onAll((node) => node.dbsize());
  assert.equal(held.reduce((a, b) => a + b), 2 * USERS);
  assert.ok(held.every((count) => count > USERS / 3), `${held} keys`);
  await Promise.all(users.map((user) => cluster.del(`sess:{${user.n}}:${user.id}`, `user:{${user.n}}`)));
  for (const size of await onAll((node) => node.dbsize())) assert.equal(size, 0);
});

test("keys of several slots are refused", async () => {
  await assert.rejects(cluster.mget("a", "b"), /CROSSSLOT/);
  assert.deepEqual(await cluster.mset("{t}a", 1, "{t}b", 2), "OK");
  assert.deepEqual(await cluster.mget("{t}a", "{t}b"), ["1", "2"]);
});

test("a leaderboard lives where its slot is", async () => {
  const draw = random(11);
  const score = Int32Array.from({ length: PLAYERS }, () => draw(1e6));
  const name = (player) => `player:${String(player).padStart(6, "0")}`;
  for (let from = 0; from < PLAYERS; from += PIPELINE) {
    const pipeline = cluster.pipeline();
    for (let player = from; player < from + PIPELINE; player++) pipeline.zadd("board", score[player], name(player));
    for (const [error, added] of await pipeline.exec()) assert.deepEqual([error, added], [null, 1]);
  }
  const order = Array.from(score.keys()).sort((a, b) => score[a] - score[b] || a - b);
  assert.deepEqual(await cluster.zrange("board", -SHOWN, -1), order.slice(-SHOWN).map(name));
  for (let tries = 0; tries < 200; tries++) {
    const place = draw(PLAYERS);
    assert.equal(await cluster.zrank("board", name(order[place])), place);
  }
});

test("sharded channels", async () => {
  const heard = [];
  cluster.on("smessage", (channel, message) => heard.push(`${channel} ${message}`));
  const channels = ["news:1", "news:2", "news:3", "news:4"];
  for (const channel of channels) await cluster.ssubscribe(channel);
  for (const channel of channels) {
    await until(`${channel} is heard`, async () => (await cluster.spublish(channel, "hello")) === 1);
  }
  await until("all messages came", () => channels.every((channel) => heard.includes(`${channel} hello`)));
  await cluster.sunsubscribe(...channels.slice(0, 1));
});

// A map moves no keys: a counter begins anew where its slot has never been, and goes on where it was left otherwise.
test("slots change their owner under load", async () => {
  const counters = Array.from({ length: 200 }, (_, n) => ({ key: `counter:${n}`, steps: 0, left: [] }));
  let over = false;
  const counting = counters.map(async (c) => {
    while (!over) {
      const value = await cluster.incr(c.key);
      const place = c.left.indexOf(value - 1);
      assert.ok(place >= 0 || value === 1, `${c.key} answers ${value}, and was left at ${c.left}`);
      c.left[place >= 0 ? place : c.left.length] = value;
      c.steps++;
    }
  });
  const all = Promise.all(counting);
  for (let move = 1; move <= 4; move++) {
    const before = counters.map((c) => c.steps);
    const goOn = until("all counters go on", () => counters.every((c, i) => c.steps > before[i] + 2));
    await Promise.race([goOn, all]);
    await moveSlots(move % 3);
  }
  over = true;
  await all;
  assert.ok(counters.some((c) => c.left.length > 1), "no slot of a counter has moved");
  assert.ok(counters.some((c) => c.left.length === 1), "all slots have moved");
});

run(async () => cluster.quit());
