// A job queue over a stream: a consumer group remembers who is at what, and others claim what a dead worker left.
// needs: XREADGROUP GROUP g c STREAMS s >
// needs: XAUTOCLAIM s g c 0 0
"use strict";
const Redis = require("ioredis");
const { assert, port, test, until, run } = require("../check");
const { takeFromStream } = require("./queue.cjs");
const { hire } = require("./crew.cjs");

const JOBS = 4000;
const HERE = 6;
const PROCESSES = 2;
const DEATHS = 40;

const db = new Redis({ port, host: "127.0.0.1" });
let crew;

const blocked = async () => Number(/blocked_clients:(\d+)/.exec(await db.info("clients"))[1]);
const pending = async () => (await db.xpending("stream", "workers"))[0];

test("workers wait at an empty stream", async () => {
  await db.flushall();
  assert.equal(await db.xgroup("CREATE", "stream", "workers", "$", "MKSTREAM"), "OK");
  crew = hire("stream", takeFromStream, async () => {}, { here: HERE, processes: PROCESSES, deaths: DEATHS });
  await until("all of them to wait", async () => (await blocked()) === HERE + PROCESSES, 15000);
});

test(`${JOBS} jobs, ${DEATHS} workers die at some: each job is done`, async () => {
  for (let at = 0; at < JOBS; ) {
    const pipeline = db.pipeline();
    for (const end = at + 200; at < end; at++) pipeline.xadd("stream", "*", "job", `job-${at}`);
    for (const [error] of await pipeline.exec()) assert.equal(error, null);
  }
  await until("every job to be done", async () => (await db.hlen("done")) === JOBS, 40000);
  await until("nothing to be pending", async () => (await pending()) === 0);
  assert.deepEqual(crew.errors, []);
}, 50000);

test("the group knows it: nothing pending, nothing unread, and who did how much", async () => {
  await crew.stop();
  const done = await db.hgetall("done");
  assert.equal(Object.keys(done).length, JOBS);
  for (let i = 0; i < JOBS; i++) assert.ok(Number(done[`job-${i}`]) >= 1, `job-${i}`);
  assert.equal(crew.dead, DEATHS);
  assert.equal(await db.xlen("stream"), JOBS);
  const [group] = await db.xinfo("GROUPS", "stream");
  const told = Object.fromEntries(group.flatMap((value, i) => (i % 2 ? [] : [[value, group[i + 1]]])));
  assert.equal(told.name, "workers");
  assert.equal(told.pending, 0);
  assert.equal(told["entries-read"], JOBS);
  assert.equal(told.lag, 0);
  assert.ok(told.consumers >= HERE + PROCESSES, `${told.consumers} consumers`);
});

test("a worker that comes back under its name finds what it was at", async () => {
  const id = await db.xadd("stream", "*", "job", "last");
  assert.equal((await db.xreadgroup("GROUP", "workers", "old", "STREAMS", "stream", ">"))[0][1][0][0], id);
  assert.deepEqual(await db.xreadgroup("GROUP", "workers", "old", "STREAMS", "stream", "0"), [["stream", [[id, ["job", "last"]]]]]);
  const [entry] = await db.xpending("stream", "workers", "-", "+", 10, "old");
  assert.deepEqual([entry[0], entry[1], entry[3]], [id, "old", 2]); // delivered again when it was asked for
  assert.equal(await db.xack("stream", "workers", id), 1);
  assert.deepEqual(await db.xreadgroup("GROUP", "workers", "old", "STREAMS", "stream", "0"), [["stream", []]]);
  assert.equal(await db.xgroup("DELCONSUMER", "stream", "workers", "old"), 0);
});

run(async () => {
  await crew.stop();
  await db.quit();
});
