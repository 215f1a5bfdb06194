// The leaderboard of a game with a million players, on ioredis.
//
//   board     sorted set: a point score each; ZINCRBY when a game ends, ZREVRANGE for the top, and for each player
//             the ranks around their own
//   best      sorted set: the best single game of each player (ZADD GT)
//
// The model is an array of scores. Players of one score stand in the order of their names, which are of one length,
// so the model's order is by score and number.
"use strict";
const Redis = require("ioredis");
const { assert, port, test, run, random } = require("../check");

const PLAYERS = 1000000;
const CONNECTIONS = 8;
const GAMES = 160000;
const PIPELINE = 500;
const WINDOW = 5;

const pool = Array.from({ length: CONNECTIONS }, () => new Redis({ port, host: "127.0.0.1", maxRetriesPerRequest: 1 }));
const db = pool[0];
const score = new Int32Array(PLAYERS);
const best = new Map();
let order; // player numbers from the last to the first place

const nameOf = (player) => `player:${String(player).padStart(7, "0")}`;
const numberOf = (name) => Number(name.slice(7));

// Replies of a pipeline, none of which may be an error.
async function replies(pipeline) {
  return (await pipeline.exec()).map(([error, reply]) => {
    assert.equal(error, null);
    return reply;
  });
}

// A number that sorts as score and name do; scores may be below zero.
const key = (player) => (score[player] + 1e6) * PLAYERS + player;

function rank() {
  order = Float64Array.from(score, (_, player) => key(player)).sort().map((k) => k % PLAYERS);
}

function placeOf(player) {
  let low = 0;
  let high = PLAYERS - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(order[middle]) < key(player)) low = middle + 1;
    else high = middle;
  }
  assert.equal(order[low], player);
  return PLAYERS - 1 - low; // from the top
}

// Members and scores of the places from `first` to `last`, counted from the top, as Redis answers.
function places(first, last) {
  const flat = [];
  for (let place = Math.max(first, 0); place <= Math.min(last, PLAYERS - 1); place++) {
    const player = order[PLAYERS - 1 - place];
    flat.push(nameOf(player), String(score[player]));
  }
  return flat;
}

test(`${PLAYERS} players come in`, async () => {
  await db.flushall();
  const draw = random(1);
  for (let i = 0; i < PLAYERS; i++) score[i] = draw(100000);
  const load = async (redis, from, to) => {
    for (let at = from; at < to; ) {
      const pipeline = redis.pipeline();
      for (let command = 0; command < 10 && at < to; command++) {
        const pairs = [];
        for (const end = Math.min(at + 500, to); at < end; at++) pairs.push(score[at], nameOf(at));
        pipeline.zadd("board", ...pairs);
      }
      for (const added of await replies(pipeline)) assert.equal(added, 500);
    }
  };
  const share = PLAYERS / CONNECTIONS;
  await Promise.all(pool.map((redis, n) => load(redis, n * share, (n + 1) * share)));
  assert.equal(await db.zcard("board"), PLAYERS);
  assert.equal(await db.object("ENCODING", "board"), "skiplist");
}, 50000);

test(`${GAMES} games end, on ${CONNECTIONS} connections at once, while others look`, async () => {
  let playing = CONNECTIONS;
  const play = async (redis, n) => {
    const draw = random(100 + n);
    for (let game = 0; game < GAMES / CONNECTIONS; game += PIPELINE) {
      const pipeline = redis.pipeline();
      const expected = [];
      for (let i = 0; i < PIPELINE; i++) {
        // each connection has players of its own, so that it knows what comes back
        const player = draw(PLAYERS / CONNECTIONS) * CONNECTIONS + n;
        const points = draw(1000) - 200;
        score[player] += points;
        pipeline.zincrby("board", points, nameOf(player));
        expected.push(String(score[player]));
        if (i % 10) continue;
        const name = nameOf(player);
        const changed = !best.has(name) || best.get(name) < points;
        if (changed) best.set(name, points);
        pipeline.zadd("best", "GT", "CH", points, name);
        expected.push(changed ? 1 : 0);
      }
      assert.deepEqual(await replies(pipeline), expected);
    }
    playing--;
  };
  const look = async () => {
    const watcher = new Redis({ port, host: "127.0.0.1" });
    const draw = random(99);
    let looks = 0;
    for (; playing > 0; looks++) {
      const place = draw(PLAYERS - 10);
      const window = await watcher.zrevrange("board", place, place + 9, "WITHSCORES");
      assert.equal(window.length, 20);
      for (let i = 3; i < window.length; i += 2) assert.ok(Number(window[i]) <= Number(window[i - 2]), `order at ${place}`);
    }
    await watcher.quit();
    assert.ok(looks > 0);
  };
  await Promise.all([look(), ...pool.map(play)]);
}, 50000);

test("the top hundred, the last ten and the whole count", async () => {
  rank();
  assert.deepEqual(await db.zrevrange("board", 0, 99, "WITHSCORES"), places(0, 99));
  assert.deepEqual(await db.zrange("board", 0, 99, "REV", "WITHSCORES"), places(0, 99));
  assert.deepEqual(await db.zrevrange("board", -10, -1, "WITHSCORES"), places(PLAYERS - 10, PLAYERS));
  assert.equal(await db.zcard("board"), PLAYERS);
});

test("a thousand players look where they are, and who is around them", async () => {
  const draw = random(2);
  const players = Array.from({ length: 1000 }, () => draw(PLAYERS));
  players.push(order[0], order[1], order[PLAYERS - 1], order[PLAYERS - 3]); // windows that are cut off
  const ask = db.pipeline();
  for (const player of players) ask.zrevrank("board", nameOf(player)).zrank("board", nameOf(player)).zscore("board", nameOf(player));
  const answers = await replies(ask);
  const around = db.pipeline();
  players.forEach((player, i) => {
    const place = answers[3 * i];
    assert.equal(place, placeOf(player));
    assert.equal(answers[3 * i + 1], PLAYERS - 1 - place);
    assert.equal(answers[3 * i + 2], String(score[player]));
    around.zrevrange("board", Math.max(0, place - WINDOW), place + WINDOW, "WITHSCORES");
  });
  const windows = await replies(around);
  players.forEach((player, i) => {
    const place = answers[3 * i];
    assert.deepEqual(windows[i], places(place - WINDOW, place + WINDOW), `around ${nameOf(player)}`);
    assert.ok(windows[i].includes(nameOf(player)));
  });
  assert.equal(await db.zrevrank("board", "nobody"), null);
});

test("leagues: who has between so many and so many points", async () => {
  const draw = random(3);
  for (let i = 0; i < 20; i++) {
    const low = draw(100000);
    const high = low + draw(300);
    let first = 0; // places from the bottom
    while (first < PLAYERS && score[order[first]] < low) first++;
    let end = first;
    while (end < PLAYERS && score[order[end]] <= high) end++;
    assert.equal(await db.zcount("board", low, high), end - first);
    const members = await db.zrangebyscore("board", low, high, "LIMIT", 3, 50);
    assert.deepEqual(members.map(numberOf), Array.from(order.subarray(Math.min(first + 3, end), Math.min(first + 53, end))));
    const top = await db.zrange("board", high, low, "BYSCORE", "REV", "LIMIT", 0, 10);
    assert.deepEqual(top.map(numberOf), Array.from(order.subarray(Math.max(end - 10, first), end)).reverse());
  }
});

test("best single games, and a hall of fame of both boards", async () => {
  assert.equal(await db.zcard("best"), best.size);
  const names = [...best.keys()].slice(0, 2000);
  assert.deepEqual(await db.zmscore("best", ...names), names.map((name) => String(best.get(name))));
  assert.equal(await db.zinterstore("fame", 2, "board", "best", "WEIGHTS", 1, 10, "AGGREGATE", "SUM"), best.size);
  const fame = (name) => score[numberOf(name)] + 10 * best.get(name);
  const sorted = [...best.keys()].sort((a, b) => fame(b) - fame(a) || (a < b ? 1 : -1));
  const expected = sorted.slice(0, 50).flatMap((name) => [name, String(fame(name))]);
  assert.deepEqual(await db.zrevrange("fame", 0, 49, "WITHSCORES"), expected);
});

test("the season ends: the lower half goes, the rest keeps its places", async () => {
  assert.equal(await db.zremrangebyrank("board", 0, PLAYERS / 2 - 1), PLAYERS / 2);
  assert.equal(await db.zcard("board"), PLAYERS / 2);
  assert.deepEqual(await db.zrevrange("board", 0, 99, "WITHSCORES"), places(0, 99));
  assert.deepEqual(await db.zrange("board", 0, 0), [nameOf(order[PLAYERS / 2])]);
  const popped = await db.zpopmax("board", 3);
  assert.deepEqual(popped, places(0, 2));
  assert.equal(await db.unlink("board", "best", "fame"), 3);
  assert.equal(await db.dbsize(), 0);
});

run(() => Promise.all(pool.map((client) => client.quit())));
