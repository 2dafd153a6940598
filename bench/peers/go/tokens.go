package main

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt"
	lru "github.com/hashicorp/golang-lru"
)

const cachedTokens = 1000 // as many as @fastify/jwt keeps

var errToken = errors.New("not a valid token")

type claims struct {
	UserID string `json:"user_id"`
	jwt.RegisteredClaims
}

// A verifier checks tokens, and remembers those that were right until they expire.
type verifier struct {
	parser *jwt.Parser
	key    jwt.Keyfunc
	known  *lru.Cache
}

type identity struct {
	user    string
	expires time.Time
}

func newVerifier(secret []byte) *verifier {
	known, err := lru.New(cachedTokens)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &verifier{
		parser: jwt.NewParser(jwt.WithValidMethods([]string{"HS256"})),
		key:    func(*jwt.Token) (interface{}, error) { return secret, nil },
		known:  known,
	}
}

// user returns whose token it is.
func (v *verifier) user(token string) (string, error) {
	if found, ok := v.known.Get(token); ok {
		if known := found.(identity); time.Now().Before(known.expires) {
			return known.user, nil
		}
	}
	var said claims
	if _, err := v.parser.ParseWithClaims(token, &said, v.key); err != nil {
		return "", errToken
	}
	if said.UserID == "" || said.ExpiresAt == nil {
		return "", errToken
	}
	v.known.Add(token, identity{said.UserID, said.ExpiresAt.Time})
	return said.UserID, nil
}
