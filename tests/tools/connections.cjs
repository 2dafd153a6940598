// Loaded into a Node.js process, notes every connection that it tries in the file CONNECTIONS.
const { appendFileSync } = require('node:fs');
const { Socket } = require('node:net');

const { connect } = Socket.prototype;
Socket.prototype.connect = function note(...target) {
  appendFileSync(process.env.CONNECTIONS, `${JSON.stringify(target)}\n`);
  return connect.apply(this, target);
};
