package own

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"rtbench/scenarios"
)

// secretTimeout bounds a command that prints a secret, and maxSecret its length.
const (
	secretTimeout = 10 * time.Second
	maxSecret     = 64 << 10
)

// bearer returns what the endpoint asks for a token, or nil.
func (v *Server) bearer(s *scenarios.Scenario) func(context.Context) (string, error) {
	from := s.Own.Bearer
	if from.Env == "" && from.File == "" && len(from.Command) == 0 {
		return nil
	}
	if from.File != "" {
		from.File = s.Resolve(from.File)
	}
	return func(ctx context.Context) (string, error) {
		token, err := read(ctx, from)
		if err != nil {
			return "", err
		}
		v.hide(token)
		return token, nil
	}
}

// read returns a secret. Errors never hold what came: a part of it may be the secret.
func read(ctx context.Context, from scenarios.Secret) (string, error) {
	var b []byte
	var err error
	where := ""
	switch {
	case from.Env != "":
		where = "bearer.env " + from.Env
		b = []byte(os.Getenv(from.Env))
	case from.File != "":
		where = "bearer.file"
		b, err = os.ReadFile(from.File)
	default:
		where = "bearer.command " + from.Command[0]
		ctx, cancel := context.WithTimeout(ctx, secretTimeout)
		defer cancel()
		b, err = exec.CommandContext(ctx, from.Command[0], from.Command[1:]...).Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("it ended with %s", exit.ProcessState)
		}
	}
	if err != nil {
		return "", &secretError{fmt.Errorf("%s: %w", where, err)}
	}
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0:
		return "", &secretError{fmt.Errorf("%s: there is nothing; expected a token", where)}
	case len(b) > maxSecret:
		return "", &secretError{fmt.Errorf("%s: %d bytes; expected a token of at most %d", where, len(b), maxSecret)}
	case bytes.ContainsAny(b, "\r\n"):
		return "", &secretError{fmt.Errorf("%s: several lines; expected a token alone", where)}
	}
	return string(b), nil
}

// A secretError says that a token could not be had.
type secretError struct{ error }

// Unwrap returns the cause.
func (e *secretError) Unwrap() error { return e.error }

// Class names it.
func (e *secretError) Class() string { return "no token" }
