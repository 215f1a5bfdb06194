// Workers that die: some are in this process and lose their connection at a point that chance picks, some are processes
// of their own and are killed. For each that dies another one, of another name, takes its place, until `stop`.
"use strict";
const { spawn } = require("child_process");
const path = require("path");
const Redis = require("ioredis");
const { port, random } = require("../check");

class Death extends Error {}

// kind: "lists" or "stream"; `take` as in queue.cjs; `bury(name)` is awaited for each that died.
function hire(kind, take, bury, { here, processes, deaths }) {
  const crew = { dead: 0, taken: 0, stopping: false, errors: [] };
  const draw = random(5);
  let names = 0;
  const dies = (oneIn) => crew.dead < deaths && draw(oneIn) === 0;

  const workHere = async () => {
    while (!crew.stopping) {
      const name = `here-${names++}`;
      const redis = new Redis({ port, host: "127.0.0.1", maxRetriesPerRequest: 0, retryStrategy: null });
      redis.on("error", () => {});
      const taken = async () => {
        crew.taken++;
        if (!dies(40)) return;
        crew.dead++;
        redis.stream.destroy(); // no farewell
        throw new Death();
      };
      try {
        while (!crew.stopping) await take(redis, name, taken);
        await redis.quit();
      } catch (error) {
        if (!(error instanceof Death)) crew.errors.push(error);
        redis.disconnect();
        await bury(name);
      }
    }
  };

  const workBeside = async () => {
    while (!crew.stopping) {
      const name = `process-${names++}`;
      const child = spawn(process.execPath, [path.join(__dirname, "worker.cjs"), kind, name], { stdio: ["ignore", "pipe", "inherit"] });
      const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal)));
      crew.kill.add(child);
      child.stdout.on("data", (text) => {
        for (const line of String(text).trim().split("\n")) {
          if (line.startsWith("error")) crew.errors.push(new Error(`${name}: ${line}`));
          crew.taken++;
          if (crew.stopping || child.killed || !dies(60)) continue;
          crew.dead++;
          child.kill("SIGKILL");
        }
      });
      const signal = await ended;
      crew.kill.delete(child);
      if (signal !== "SIGKILL") crew.errors.push(new Error(`${name} ended by itself`));
      await bury(name);
    }
  };

  crew.kill = new Set();
  const all = [...Array.from({ length: here }, workHere), ...Array.from({ length: processes }, workBeside)];
  crew.stop = async () => {
    crew.stopping = true;
    for (const child of crew.kill) child.kill("SIGKILL");
    await Promise.all(all);
  };
  return crew;
}

module.exports = { hire };
