// The answer's process, or that of its tests, for JavaScript: see answering.py and checking.py.
"use strict";
const fs = require("fs");
const vm = require("vm");
const ANSWER = 3, VERDICT = 4, TASK = 5, LARGEST = 32 << 20;
const DECLARED = /^(?:async\s+)?(?:function\s*\*?|class|const|let|var)\s+([A-Za-z_$][\w$]*)/gm;

function writeFrame(fd, value) {
  const body = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  let rest = Buffer.concat([head, body]);
  while (rest.length) rest = rest.subarray(fs.writeSync(fd, rest));
}

function exactly(fd, size) {
  const data = Buffer.alloc(size);
  for (let at = 0; at < size; ) {
    const read = fs.readSync(fd, data, at, size - at, null);
    if (!read) return null;
    at += read;
  }
  return data;
}

function readFrame(fd) {
  const head = exactly(fd, 4);
  if (!head || head.readUInt32BE() > LARGEST) return null;
  const body = exactly(fd, head.readUInt32BE());
  return body && JSON.parse(body.toString());
}

class NotPlain extends Error {}

// Plain data as JSON; what JSON lacks is tagged, objects are lists of pairs (no __proto__).
function encode(value, other) {
  const tag = (t, v) => ({ t, v });
  switch (typeof value) {
    case "undefined": return tag("undefined");
    case "bigint": return tag("bigint", String(value));
    case "number": return Number.isFinite(value) && !Object.is(value, -0) ? value
      : tag("number", Object.is(value, -0) ? "-0" : String(value));
    case "function": return other(value);
    case "symbol": throw new NotPlain("a symbol");
    case "object": break;
    default: return value;
  }
  if (value === null) return null;
  if (Array.isArray(value)) return Array.from(value, (item) => encode(item, other));
  const all = (items) => Array.from(items, (item) => encode(item, other));
  if (value instanceof Map) return tag("map", all(value));
  if (value instanceof Set) return tag("set", all(value));
  if (value instanceof Date) return tag("date", value.getTime());
  if (value instanceof Promise) throw new NotPlain("a promise");
  return tag("object", Object.entries(value).map(([key, item]) => [key, encode(item, other)]));
}

function decode(data, other) {
  if (data === null || typeof data !== "object") return data;
  if (Array.isArray(data)) return data.map((item) => decode(item, other));
  const all = () => data.v.map((item) => decode(item, other));
  switch (data.t) {
    case "undefined": return undefined;
    case "bigint": return BigInt(data.v);
    case "number": return Number(data.v);
    case "map": return new Map(all());
    case "set": return new Set(all());
    case "date": return new Date(data.v);
    case "object": {
      const made = {};
      for (const [key, item] of data.v) {
        const value = decode(item, other);
        Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true });
      }
      return made;
    }
    default: return other(data);
  }
}

function serve(program) {
  const functions = [];
  const sent = (value) => encode(value, (f) => ({ t: "function", v: functions.push(f) - 1 }));
  const known = (data) => functions[data.v];
  const failure = (error) => ({ error: [String(error && error.name), String(error && error.message)] });
  const names = {};
  try {
    globalThis.require = require;
    globalThis.module = { exports: {} };
    vm.runInThisContext(program, { filename: "answer.js" });
    for (const [, name] of program.matchAll(DECLARED)) {
      try { names[name] = sent(vm.runInThisContext(name)); } catch { continue; }
    }
    writeFrame(ANSWER, { names });
  } catch (error) {
    writeFrame(ANSWER, failure(error));
  }
  for (let asked; (asked = readFrame(ANSWER)); ) {
    let reply;
    try {
      const args = asked.args.map((item) => decode(item, known));
      const target = functions[asked.call];
      const value = asked.made ? new target(...args) : target(...args);
      reply = { value: sent(value), args: args.map(sent) };
    } catch (error) {
      reply = failure(error);
    }
    writeFrame(ANSWER, reply);
  }
}

class Channel {
  constructor() { this.gone = false; this.notPlain = false; this.numbers = new Map(); }

  ask(request) {
    try {
      if (request) writeFrame(ANSWER, request);
      const reply = readFrame(ANSWER);
      if (reply && (reply.error || reply.names || "value" in reply)) return reply;
    } catch { /* as below */ }
    this.gone = true;
    throw new Error("the answer's process ended");
  }

  raised(reply) {
    if (!reply.error) return reply;
    const [name, message] = reply.error;
    const known = { TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };
    throw Object.assign(new (Object.hasOwn(known, name) ? known[name] : Error)(String(message)));
  }

  // Functions only as whole values: as `valueOf` of an object they would have a say in `==`.
  read(data) {
    if (data && data.t === "function") return this.standIn(Number(data.v));
    return decode(data, (held) => { throw new Error(`no plain data: ${held.t}`); });
  }

  standIn(number) {
    const channel = this;
    function stand(...args) {
      const own = (f) => {
        if (channel.numbers.has(f)) return { t: "function", v: channel.numbers.get(f) };
        throw new NotPlain("the test hands over a function");
      };
      let sent;
      try { sent = args.map((item) => encode(item, own)); } catch (error) {
        channel.notPlain = true;
        throw error;
      }
      const reply = channel.raised(channel.ask({ call: number, args: sent, made: Boolean(new.target) }));
      args.forEach((argument, place) => putBack(argument, channel.read(reply.args[place])));
      return channel.read(reply.value);
    }
    this.numbers.set(stand, number);
    return stand;
  }
}

function putBack(argument, value) {
  if (Array.isArray(argument) && Array.isArray(value)) argument.splice(0, argument.length, ...value);
  else if (argument instanceof Map || argument instanceof Set) {
    argument.clear();
    for (const item of value) argument instanceof Map ? argument.set(...item) : argument.add(item);
  } else if (argument && argument.constructor === Object) {
    for (const key of Object.keys(argument)) if (!Object.hasOwn(value, key)) delete argument[key];
    for (const key of Object.keys(value)) argument[key] = value[key];
  }
}

function check(task, channel) {
  const outcome = { passed: false };
  console.assert = (good, ...text) => { if (!good) throw new Error(text.join(" ") || "AssertionError"); };
  try {
    globalThis.require = require;
    if (channel) {
      const { names } = channel.raised(channel.ask(null));
      for (const [name, data] of Object.entries(names)) {
        const own = Object.hasOwn(globalThis, name) && name !== task.entry_point;
        if (!own && new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(task.tests)) {
          globalThis[name] = channel.read(data);
        }
      }
    }
    vm.runInThisContext(task.tests, { filename: "tests.js" });
    outcome.passed = true;
  } catch (error) {
    outcome.error = `${error && error.name}: ${error && error.message}`.split("\n")[0].slice(0, 200);
  }
  if (channel) {
    Object.assign(outcome, { gone: channel.gone, not_plain: channel.notPlain, weak: null });
    outcome.passed &&= !channel.gone && !channel.notPlain;
  }
  writeFrame(VERDICT, outcome);
}

const role = process.argv[2];
const task = JSON.parse(fs.readFileSync(TASK, "utf8"));
fs.closeSync(TASK);
if (role === "answer") serve(task.program);
else check(task, role === "check" ? new Channel() : null);
process.exit(0);
