// A Better Auth that keeps all in memory, with its address and its algorithm from the environment.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";

const auth = betterAuth({
  secret: "a secret of this test that nobody else has",
  database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
  emailAndPassword: { enabled: true },
  plugins: [jwt({ jwks: { keyPairConfig: { alg: process.env.ALGORITHM } } })],
});

createServer(toNodeHandler(auth)).listen(Number(process.env.PORT), "127.0.0.1");
