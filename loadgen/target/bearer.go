package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"rtbench/scenarios"
)

const (
	secretTimeout = 10 * time.Second
	outputDelay   = time.Second // for descendants that hold the command's output open
	maxSecret     = 64 << 10    // bytes
)

// tokenSource returns a function that reads the bearer token, or nil if there is none.
func (t *Custom) tokenSource(s *scenarios.Scenario) func(context.Context) (string, error) {
	from := s.Custom.Bearer
	if from.Env == "" && from.File == "" && len(from.Command) == 0 {
		return nil
	}
	if from.File != "" {
		from.File = s.Resolve(from.File)
	}
	return func(ctx context.Context) (string, error) {
		token, err := readToken(ctx, from)
		if err != nil {
			return "", err
		}
		t.addSecret(token)
		return token, nil
	}
}

// CheckToken returns an error if the token's variable or file has none. It does not run a token
// command, which may have side effects.
func (t *Custom) CheckToken(ctx context.Context, s *scenarios.Scenario) error {
	if t.Endpoint.Bearer == nil || len(s.Custom.Bearer.Command) > 0 {
		return nil
	}
	_, err := t.Endpoint.Bearer(ctx)
	return err
}

// readToken reads a token. Errors do not show the data read, which may hold the secret.
func readToken(ctx context.Context, from scenarios.Secret) (string, error) {
	var b []byte
	var err error
	where := ""
	switch {
	case from.Env != "":
		where = "bearer.env " + from.Env
		b = []byte(os.Getenv(from.Env))
	case from.File != "":
		where = "bearer.file"
		b, err = fileHead(from.File)
	default:
		where = "bearer.command " + from.Command[0]
		b, err = commandOutput(ctx, from.Command)
	}
	if err != nil {
		return "", &tokenError{fmt.Errorf("%s: %w", where, err)}
	}
	whole := len(b) <= maxSecret
	b = bytes.TrimSpace(b)
	switch {
	case !whole:
		return "", &tokenError{fmt.Errorf("%s: more than %d bytes; expected only a token", where, maxSecret)}
	case len(b) == 0:
		return "", &tokenError{fmt.Errorf("%s: empty; expected a token", where)}
	case bytes.ContainsAny(b, "\r\n"):
		return "", &tokenError{fmt.Errorf("%s: several lines; expected only a token", where)}
	}
	return string(b), nil
}

// fileHead reads at most one byte more than a token may have.
func fileHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSecret+1))
}

// commandOutput returns at most one byte more than a token may have.
func commandOutput(ctx context.Context, command []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.WaitDelay = outputDelay
	var out headWriter
	c.Stdout = &out
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("timeout: %w", ctx.Err())
	case len(out.b) > maxSecret, errors.Is(err, exec.ErrWaitDelay): // the command itself has exited normally
		err = nil
	case errors.As(err, &exit):
		err = fmt.Errorf("it failed with %s", exit.ProcessState)
	}
	return out.b, err
}

// A headWriter keeps at most one byte more than a token may have.
type headWriter struct{ b []byte }

func (h *headWriter) Write(p []byte) (int, error) {
	n := min(len(p), maxSecret+1-len(h.b))
	h.b = append(h.b, p[:n]...)
	if n < len(p) {
		return n, io.ErrShortWrite // its output is too long
	}
	return n, nil
}

// A tokenError is the error of a token that could not be read.
type tokenError struct{ error }

// Unwrap returns the cause.
func (e *tokenError) Unwrap() error { return e.error }

// Class returns the error class.
func (e *tokenError) Class() string { return "no token" }
