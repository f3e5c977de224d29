package guide

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Tokens are JSON Web Tokens (RFC 7519) signed with HMAC-SHA256 by a key that only
// this server has. Any goroutine may use them.
type Tokens struct {
	key    []byte
	life   time.Duration
	parser *jwt.Parser
}

// longestToken bounds what is looked at.
const longestToken = 4 << 10

// ErrUnauthorized is every fault of a token: missing, malformed, not signed here,
// expired, too long, without a user.
var ErrUnauthorized = errors.New("unauthorized")

func newTokens(life time.Duration) *Tokens {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return &Tokens{key: key, life: life, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(),
	)}
}

// For returns a token for a user, good from now on for the life of tokens.
func (t *Tokens) For(user string) string { return t.at(user, time.Now()) }

func (t *Tokens) at(user string, now time.Time) string {
	claims := jwt.RegisteredClaims{
		Subject: user, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(t.life)),
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(t.key)
	if err != nil {
		panic(err) // a key of bytes signs anything
	}
	return signed
}

// User is who a token is for, or ErrUnauthorized.
func (t *Tokens) User(token string) (string, error) {
	if token == "" || len(token) > longestToken {
		return "", ErrUnauthorized
	}
	var claims jwt.RegisteredClaims
	_, err := t.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return t.key, nil })
	if err != nil || claims.Subject == "" {
		return "", ErrUnauthorized
	}
	return claims.Subject, nil
}
