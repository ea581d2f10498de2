// Says in one line that Node is too old. Plain CommonJS, since it is the too old Node that has to run it.
const { engines, name } = require('../../../package.json');

const wanted = engines.node.replace(/^>=/, '');
const older = (a, b) => {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const index = [0, 1, 2].find((i) => (left[i] || 0) !== (right[i] || 0));
  return index !== undefined && (left[index] || 0) < (right[index] || 0);
};

if (older(process.versions.node, wanted)) {
  console.error(
    `${name} needs Node ${wanted} or newer; this is ${process.versions.node}, and no Node could be installed beside it for this platform: install one, and run again.`,
  );
  process.exit(1);
}
