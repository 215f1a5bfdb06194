// The servers of the cluster, and their slot map: 16 pieces of 1024 slots, dealt to the three in turn.
"use strict";
const Redis = require("ioredis");
const { assert } = require("../check");

const nodes = process.env.TORC_PORTS.split(" ").map((port) => ({ host: "127.0.0.1", port: Number(port) }));
const PIECES = 16;

function mapText(epoch, shift) {
  const slots = nodes.map(() => []);
  for (let piece = 0; piece < PIECES; piece++) {
    const first = (piece * 16384) / PIECES;
    // Only every fourth piece moves.
    const owner = (piece + (piece % 4 ? 0 : shift)) % nodes.length;
    slots[owner].push(`${first}-${first + 16384 / PIECES - 1}`);
  }
  const shards = nodes.map(({ host, port }, i) => `shard s${i} ${host}:${port} ${slots[i].join(",")}`);
  return `epoch ${epoch}\n${shards.join("\n")}\n`;
}

// Hands all servers a newer map, in which some slots have moved on by `shift` servers.
async function moveSlots(shift) {
  const clients = nodes.map((node) => new Redis(node));
  try {
    const [, epoch] = /cluster_current_epoch:(\d+)/.exec(await clients[0].cluster("INFO"));
    const text = mapText(Number(epoch) + 1, shift);
    for (const client of clients) assert.equal(await client.call("CLUSTER", "SETMAP", text), "OK");
  } finally {
    for (const client of clients) client.disconnect();
  }
}

module.exports = { nodes, moveSlots };
