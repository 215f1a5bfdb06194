// A worker as a process of its own, which its parent kills in the middle of jobs.
//
//   node worker.cjs lists|stream NAME
//
// It says "took JOB" before it works on a job, and ends when it is killed.
"use strict";
const Redis = require("ioredis");
const { takeFromList, takeFromStream } = require("./queue.cjs");

const [, , kind, name] = process.argv;
const redis = new Redis({ port: Number(process.env.TORC_PORT), host: "127.0.0.1", maxRetriesPerRequest: 1 });

async function main() {
  const take = kind === "lists" ? takeFromList : takeFromStream;
  const say = (job) => process.stdout.write(`took ${job}\n`);
  for (;;) await take(redis, name, say);
}

main().catch((error) => {
  process.stdout.write(`error ${error.message}\n`);
  process.exit(1);
});
