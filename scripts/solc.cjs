#!/usr/bin/env node
// npm's solc as a command for forge and py-solc-x: `--version`, or standard JSON from stdin to stdout.
// The package's own command line knows neither --allow-paths nor a clean --standard-json, hence this.
"use strict";

const fs = require("fs");
const path = require("path");

const modules = path.join(__dirname, "..", "node_modules");

function fail(message) {
  process.stderr.write(`solc.cjs: ${message}\n`);
  process.exit(1);
}

/** `{basePath, includePaths, mode}` from the arguments both drivers send. */
function parse(argv) {
  const options = { basePath: null, includePaths: [], mode: null };
  for (let i = 0; i < argv.length; i += 1) {
    if (argv[i] === "--version" || argv[i] === "--standard-json") options.mode = argv[i];
    else if (argv[i] === "--base-path") options.basePath = path.resolve(argv[(i += 1)]);
    else if (argv[i] === "--include-path") options.includePaths.push(path.resolve(argv[(i += 1)]));
    else if (argv[i] === "--allow-paths") i += 1; // nothing outside the roots is read anyway
    else if (argv[i] !== "-") fail(`unknown argument ${argv[i]}`);
  }
  return options;
}

/** Loading 9 MB of WASM only to learn the version takes 0.35 s, so the answer is cached beside the package. */
function version() {
  const pinned = require(path.join(modules, "solc", "package.json")).version;
  const cache = path.join(modules, `.solc-version-${pinned}`);
  if (!fs.existsSync(cache)) fs.writeFileSync(cache, compiler().version().replace("Emscripten.clang", "Linux.g++"));
  return fs.readFileSync(cache, "utf8");
}

function compiler() {
  const solc = require(path.join(modules, "solc"));
  process.removeAllListeners("uncaughtException"); // Emscripten's would print the whole WASM file
  return solc;
}

/** Import callback that reads inside the base and include paths only. */
function reader({ basePath, includePaths }) {
  const roots = [basePath, ...includePaths].filter(Boolean);
  return (name) => {
    for (const root of roots) {
      const file = path.resolve(root, name);
      if (file.startsWith(root + path.sep) && fs.existsSync(file)) return { contents: fs.readFileSync(file, "utf8") };
    }
    return { error: "not found" };
  };
}

const options = parse(process.argv.slice(2));
if (options.mode === "--version") {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version()}\n`);
} else if (options.mode === "--standard-json") {
  const output = compiler().compile(fs.readFileSync(0, "utf8"), { import: reader(options) });
  process.stdout.write(output, () => process.exit(0)); // exiting earlier cuts a pipe at 64 KiB
} else {
  fail("say --version or --standard-json");
}
