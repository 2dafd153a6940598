// The three kinds of token that the Todo API takes; TOKENS chooses one.
import { jwt } from "better-auth/plugins";
import { SignJWT } from "jose";

const expirationTime = process.env.TOKEN_LIFE ?? "15m";

/** Better Auth's own claims: the user is `sub`. */
const withSub = () => jwt({ jwt: { expirationTime } });

/** Claims of one's own: the user is `user_id`, and `sub` as well. */
const withUserId = () =>
  jwt({ jwt: { expirationTime, definePayload: ({ user }) => ({ user_id: user.id }) } });

/** Signed with the secret that the API has as JWT_SECRET_KEY (HS256). */
const withSharedSecret = (origin) => {
  const secret = new TextEncoder().encode(process.env.JWT_SECRET_KEY);
  return jwt({
    // Better Auth asks for both beside `sign`; there are no public keys to be had then.
    jwks: { remoteUrl: `${origin}/api/auth/jwks`, keyPairConfig: { alg: "EdDSA" } },
    jwt: {
      expirationTime,
      definePayload: ({ user }) => ({ user_id: user.id }),
      sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(secret),
    },
  });
};

const kinds = { sub: withSub, user_id: withUserId, hs256: withSharedSecret };

export const tokens = (origin) => kinds[process.env.TOKENS ?? "sub"](origin);
