// Live locations of drivers, on ioredis.
//
//   drivers            geo set: where each driver was last
//   district:<x>:<y>   channel: the drivers of a piece of the city, in the order of what they tell
//
// The model is an array of positions. Redis keeps 26 bits of each coordinate, so what it answers lies within a metre of
// what it was told; who stands within a metre of a border may be on either side.
"use strict";
const Redis = require("ioredis");
const { assert, port, test, until, run, random } = require("../check");

const DRIVERS = 10000;
const ROUNDS = 4;
const BATCH = 500;
const CITY = { lon: 13.4, lat: 52.52, size: 0.4 }; // degrees
const EARTH_M = 6372797.560856;
const NEAR_M = 1; // what the rounding of a position may be worth

const options = { port, host: "127.0.0.1", maxRetriesPerRequest: 1 };
const db = new Redis(options);
const streets = Array.from({ length: 4 }, () => new Redis(options)); // connections of drivers
const dispatchers = [];
const draw = random(11);

const drivers = Array.from({ length: DRIVERS }, (_, n) => ({ n, name: `driver:${n}`, lon: 0, lat: 0 }));

const radians = (degrees) => (degrees * Math.PI) / 180;
function distance(a, b) {
  const u = Math.sin((radians(b.lat) - radians(a.lat)) / 2);
  const v = Math.sin((radians(b.lon) - radians(a.lon)) / 2);
  return 2 * EARTH_M * Math.asin(Math.sqrt(u * u + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * v * v));
}
const somewhere = () => CITY.size * (draw(1000000) / 1000000 - 0.5);
const districtOf = (d) => `district:${Math.floor((d.lon - CITY.lon + CITY.size) * 10)}:${Math.floor((d.lat - CITY.lat + CITY.size) * 10)}`;

test("three dispatchers listen to all districts", async () => {
  await db.flushall();
  for (let i = 0; i < 3; i++) {
    const client = new Redis(options);
    const dispatcher = { client, heard: 0, round: new Int32Array(DRIVERS), late: [] };
    client.on("pmessage", (pattern, channel, text) => {
      const [n, round, lon, lat] = text.split(" ").map(Number);
      const driver = drivers[n];
      if (round !== dispatcher.round[n] + 1 || lon !== driver.lon || lat !== driver.lat || channel !== districtOf(driver)) dispatcher.late.push(text);
      dispatcher.round[n] = round;
      dispatcher.heard++;
    });
    assert.equal(await client.psubscribe("district:*"), 1);
    dispatchers.push(dispatcher);
  }
});

// One driver's news: where it is goes to the set, then to its district.
async function drive(redis, from, to, round) {
  for (let at = from; at < to; at += BATCH) {
    const batch = drivers.slice(at, at + BATCH);
    const pipeline = redis.pipeline();
    pipeline.geoadd("drivers", "CH", ...batch.flatMap(({ lon, lat, name }) => [lon, lat, name]));
    for (const d of batch) pipeline.publish(districtOf(d), `${d.n} ${round} ${d.lon} ${d.lat}`);
    const answers = await pipeline.exec();
    for (const [error] of answers) assert.equal(error, null);
    assert.ok(answers[0][1] > BATCH * 0.9, `${answers[0][1]} of ${BATCH} moved`);
    for (const [, receivers] of answers.slice(1)) assert.equal(receivers, dispatchers.length);
  }
}

// Who is where the test says, but for those so near to the border that it may be either.
function check(found, isIn, isOut, what) {
  const names = new Set(found);
  assert.equal(names.size, found.length, `${what}: somebody twice`);
  for (const d of drivers)
    if (names.has(d.name)) assert.ok(!isOut(d), `${what}: ${d.name} is not there`);
    else assert.ok(!isIn(d), `${what}: ${d.name} is missing`);
}

async function passenger(redis) {
  const here = { lon: CITY.lon + somewhere(), lat: CITY.lat + somewhere() };
  const radius = 300 + draw(3000);
  const rows = await redis.geosearch("drivers", "FROMLONLAT", here.lon, here.lat, "BYRADIUS", radius, "m", "ASC", "WITHCOORD", "WITHDIST");
  let last = 0;
  for (const [name, dist, [lon, lat]] of rows) {
    const driver = drivers[Number(name.slice(7))];
    const model = distance(here, driver);
    assert.ok(Math.abs(Number(dist) - model) < NEAR_M, `${name}: ${dist} m, and ${model}`);
    assert.ok(distance({ lon: Number(lon), lat: Number(lat) }, driver) < NEAR_M, `${name} is elsewhere`);
    assert.ok(Number(dist) >= last, "nearest first");
    last = Number(dist);
  }
  const far = (d) => distance(here, d);
  check(rows.map(([name]) => name), (d) => far(d) < radius - NEAR_M, (d) => far(d) > radius + NEAR_M, "radius");
  const nearest = await redis.geosearch("drivers", "FROMLONLAT", here.lon, here.lat, "BYRADIUS", 100, "km", "COUNT", 5, "ASC");
  assert.equal(nearest.length, 5);
  const distances = drivers.map(far).sort((a, b) => a - b);
  nearest.forEach((name, i) => assert.ok(Math.abs(far(drivers[Number(name.slice(7))]) - distances[i]) < 2 * NEAR_M, "the five nearest"));
}

for (let round = 1; round <= ROUNDS; round++)
  test(`round ${round}: ${DRIVERS} drivers move, everyone hears of it, passengers find who is near`, async () => {
    for (const d of drivers)
      if (round === 1) Object.assign(d, { lon: CITY.lon + somewhere(), lat: CITY.lat + somewhere() });
      else Object.assign(d, { lon: d.lon + somewhere() / 100, lat: d.lat + somewhere() / 100 });
    const share = DRIVERS / streets.length;
    await Promise.all(streets.map((redis, n) => drive(redis, n * share, (n + 1) * share, round)));
    await until("every dispatcher to hear of every driver", () => dispatchers.every(({ heard }) => heard === round * DRIVERS));
    for (const { late, round: rounds } of dispatchers) {
      assert.deepEqual(late, []);
      assert.ok(rounds.every((r) => r === round));
    }
    assert.equal(await db.zcard("drivers"), DRIVERS);
    await Promise.all(Array.from({ length: 20 }, (_, i) => passenger(streets[i % streets.length])));
  });

test("around a driver, in a box, and kept", async () => {
  const middle = drivers[77];
  const [width, height] = [2500, 4000];
  const found = await db.geosearch("drivers", "FROMMEMBER", middle.name, "BYBOX", width, height, "m");
  const across = (d) => 2 * distance(d, { lon: middle.lon, lat: d.lat });
  const along = (d) => 2 * distance(d, { lon: d.lon, lat: middle.lat });
  const margin = 4 * NEAR_M;
  check(
    found,
    (d) => across(d) < width - margin && along(d) < height - margin,
    (d) => across(d) > width + margin || along(d) > height + margin,
    "box",
  );
  assert.ok(found.includes(middle.name));
  const stored = await db.geosearchstore("near", "drivers", "FROMMEMBER", middle.name, "BYRADIUS", 2, "km", "STOREDIST");
  const near = await db.zrange("near", 0, -1, "WITHSCORES");
  assert.equal(near.length, 2 * stored);
  assert.equal(near[0], middle.name);
  for (let i = 0; i < near.length; i += 2) {
    const model = distance(middle, drivers[Number(near[i].slice(7))]) / 1000;
    assert.ok(Math.abs(Number(near[i + 1]) - model) < 2 * (NEAR_M / 1000), `${near[i]}: ${near[i + 1]} km`);
  }
  const dist = await db.geodist("drivers", drivers[1].name, drivers[2].name, "m");
  assert.ok(Math.abs(Number(dist) - distance(drivers[1], drivers[2])) < 2 * NEAR_M);
});

test("a driver that goes home is found no more", async () => {
  const home = drivers[123];
  assert.equal(await db.zrem("drivers", home.name), 1);
  assert.deepEqual(await db.geopos("drivers", home.name, drivers[124].name).then(([a, b]) => [a, b !== null]), [null, true]);
  const found = await db.geosearch("drivers", "FROMLONLAT", home.lon, home.lat, "BYRADIUS", 50, "km");
  assert.ok(!found.includes(home.name));
  await assert.rejects(db.geosearch("drivers", "FROMMEMBER", home.name, "BYRADIUS", 1, "km"), /could not decode requested zset member/);
});

run(() => Promise.all([db, ...streets, ...dispatchers.map(({ client }) => client)].map((client) => client.quit())));
