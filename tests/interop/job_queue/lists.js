// A job queue over lists: BLMOVE into a list of what a worker is at, so that no job is lost with a worker.
// needs: BLMOVE a b left left x
"use strict";
const Redis = require("ioredis");
const { assert, port, test, until, run } = require("../check");
const { takeFromList } = require("./queue.cjs");
const { hire } = require("./crew.cjs");

const JOBS = 4000;
const HERE = 6;
const PROCESSES = 2;
const DEATHS = 40;

const db = new Redis({ port, host: "127.0.0.1" });
let crew;

// The supervisor: what a dead worker was at goes back to where jobs are taken from.
async function bury(name) {
  while (await db.lmove(`processing:${name}`, "jobs", "LEFT", "RIGHT"));
}

const blocked = async () => Number(/blocked_clients:(\d+)/.exec(await db.info("clients"))[1]);

test("workers wait at an empty queue", async () => {
  await db.flushall();
  crew = hire("lists", takeFromList, bury, { here: HERE, processes: PROCESSES, deaths: DEATHS });
  await until("all of them to wait", async () => (await blocked()) === HERE + PROCESSES, 15000);
});

test(`${JOBS} jobs, ${DEATHS} workers die at one: each job is done`, async () => {
  for (let at = 0; at < JOBS; ) {
    const pipeline = db.pipeline();
    for (const end = at + 200; at < end; at++) pipeline.lpush("jobs", `job-${at}`);
    for (const [error] of await pipeline.exec()) assert.equal(error, null);
  }
  await until("every job to be done", async () => (await db.hlen("done")) === JOBS, 40000);
  await until("nobody to be at a job", async () => (await db.llen("jobs")) === 0 && (await db.keys("processing:*")).length === 0);
  assert.deepEqual(crew.errors, []);
}, 45000);

test("none was lost, none done more often than a worker died at it", async () => {
  await crew.stop();
  const done = await db.hgetall("done");
  let extra = 0;
  for (let i = 0; i < JOBS; i++) {
    const times = Number(done[`job-${i}`]);
    assert.ok(times >= 1, `job-${i}`);
    extra += times - 1;
  }
  assert.equal(Object.keys(done).length, JOBS);
  assert.equal(crew.dead, DEATHS);
  assert.ok(extra <= DEATHS + PROCESSES, `${extra} jobs were done twice`);
  assert.deepEqual((await db.keys("*")).sort(), ["done"]);
});

run(async () => {
  await crew.stop();
  await db.quit();
});
