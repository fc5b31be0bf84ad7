// Prints the creation code of the document store. Its package wraps the code in a factory of a
// library that it does not ship: the factory's constructor is all that is needed of that.
const Module = require("node:module");

class ContractFactory {
  constructor(_abi, bytecode) {
    this.bytecode = bytecode;
  }
}

const load = Module._load;
Module._load = (name, ...rest) =>
  name === "ethers" ? { ContractFactory } : load(name, ...rest);

const { DocumentStore__factory } = Module.createRequire(`${process.cwd()}/`)(
  "@tradetrust-tt/document-store/dist/contracts/factories/DocumentStore__factory.js",
);
process.stdout.write(new DocumentStore__factory().bytecode);
