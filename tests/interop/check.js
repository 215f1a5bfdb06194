// Tests in order, counted; what they wait for is a state with a deadline, never a fixed time.
"use strict";
const assert = require("node:assert/strict");

const port = Number(process.env.TORC_PORT);
const tests = [];

function test(name, body, timeoutMs = 20000) {
  tests.push({ name, body, timeoutMs });
}

// Polls until probe() is truthy and returns its value.
async function until(what, probe, timeoutMs = 10000) {
  const giveUp = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > giveUp) throw new Error(`gave up after ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

// Ends a test that hangs (a reply that never comes) instead of hanging with it.
async function bounded(body, timeoutMs) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}

// Runs everything; `close` ends the connections whatever happened.
async function run(close) {
  let passed = 0;
  let failed = 0;
  for (const { name, body, timeoutMs } of tests) {
    try {
      await bounded(body, timeoutMs);
      passed++;
      console.log(`ok      ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}: ${error.stack || error}`);
    }
  }
  try {
    await close();
  } catch (error) {
    failed++;
    console.log(`FAILED  closing: ${error}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}

// A generator of numbers that repeats from its seed.
function random(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

module.exports = { assert, port, test, until, run, random };
