// Reads EDN documents (a JSON list of strings on standard input) and writes what edn-data makes of them as JSON.
// Its modules are found in the folder that the first argument names.
const { createRequire } = require("node:module");
const { parseEDNString } = createRequire(process.argv[2])("edn-data");

const documents = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(documents.map((document) => parseEDNString(document))));
