package guide

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Tokens signs and verifies JSON Web Tokens (RFC 7519) with HMAC-SHA256 and a key of this
// server. It may be used by any goroutine.
type Tokens struct {
	key    []byte
	life   time.Duration
	parser *jwt.Parser
}

// maxTokenLength bounds a token in bytes.
const maxTokenLength = 4 << 10

// ErrUnauthorized reports an invalid token: missing, malformed, signed elsewhere,
// expired, too long or without a user.
var ErrUnauthorized = errors.New("unauthorized")

func newTokens(life time.Duration) *Tokens {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // cannot fail
	return &Tokens{key: key, life: life, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(),
	)}
}

// For returns a token for user, valid from now on.
func (t *Tokens) For(user string) string { return t.at(user, time.Now()) }

func (t *Tokens) at(user string, now time.Time) string {
	claims := jwt.RegisteredClaims{
		Subject: user, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(t.life)),
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(t.key)
	if err != nil {
		panic(err) // cannot happen: any key of bytes can sign
	}
	return signed
}

// User returns the user of a token, or ErrUnauthorized.
func (t *Tokens) User(token string) (string, error) {
	if token == "" || len(token) > maxTokenLength {
		return "", ErrUnauthorized
	}
	var claims jwt.RegisteredClaims
	_, err := t.parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return t.key, nil })
	if err != nil || claims.Subject == "" {
		return "", ErrUnauthorized
	}
	return claims.Subject, nil
}
