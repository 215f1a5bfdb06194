// What a worker does to take jobs and do them, over a list and over a stream.
//
//   lists    LPUSH jobs ──► BLMOVE ──► processing:NAME ──► the work ──► LREM
//   stream   XADD stream ─► XREADGROUP ─► pending of NAME ─► the work ─► XACK
//
// The work of a job is to count in the hash `done` that it was done. A worker that dies leaves its jobs where another
// one finds them: in its list of what it is at (the supervisor moves those back), or pending (XAUTOCLAIM).
"use strict";

const BLOCK_MS = 200;

// `taken(job)` is called between taking a job and doing it; it may throw, which is a death.
async function takeFromList(redis, name, taken) {
  const job = await redis.blmove("jobs", `processing:${name}`, "RIGHT", "LEFT", BLOCK_MS / 1000);
  if (job === null) return;
  await taken(job);
  await redis.hincrby("done", job, 1);
  const removed = await redis.lrem(`processing:${name}`, 1, job);
  if (removed !== 1) throw new Error(`${job} was taken from ${name}`);
}

async function doEntries(redis, entries, taken) {
  for (const [id, fields] of entries) {
    await taken(fields[1]);
    await redis.hincrby("done", fields[1], 1);
    await redis.xack("stream", "workers", id);
  }
}

// What is new; where nothing is, what others have been at for too long.
async function takeFromStream(redis, name, taken) {
  const read = await redis.xreadgroup("GROUP", "workers", name, "COUNT", 8, "BLOCK", BLOCK_MS, "STREAMS", "stream", ">");
  if (read) {
    await doEntries(redis, read[0][1], taken);
    return;
  }
  const [, claimed] = await redis.xautoclaim("stream", "workers", name, 20, "0-0", "COUNT", 8);
  await doEntries(redis, claimed, taken);
}

module.exports = { takeFromList, takeFromStream };
