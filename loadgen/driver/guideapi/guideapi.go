// Package guideapi holds the parts of the guide's API that its drivers share.
package guideapi

import (
	"errors"
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/scenarios/template"
)

// Unsupported returns the error for a pattern that the guide's API does not have over a protocol.
func Unsupported(protocol string, p proto.Pattern) error {
	return fmt.Errorf("the guide's API has no %s over %s", p, protocol)
}

var (
	// ErrNotGuide is the error for messages that are not of the guide's API.
	ErrNotGuide = errors.New("not a message of the guide's API")
	// ErrNoToken is the error for calls that require a token if there is none.
	ErrNoToken = fmt.Errorf("%w: the guide's API requires a token; set RTBENCH_TOKEN (`rtbench serve --token-for NAME` prints one)", driver.ErrRefused)

	errReported = errors.New("the server reports an error")
)

// A Field finds the value of a key in JSON messages of the guide's API. It is not safe for concurrent use.
type Field struct{ template.Field }

// NewField returns the field with a key.
func NewField(key string) Field {
	path, err := template.ParsePath(key)
	if err != nil {
		panic(err) // keys are constants
	}
	return Field{path.JSON()}
}

// Get returns the value in a message, empty if it has none. It is valid until the next call.
func (f Field) Get(message []byte) []byte {
	value, _ := f.Find(message)
	return value
}

// Problem reads the errors in messages that are not measured. It is not safe for concurrent use.
type Problem struct{ document, message template.Field }

// NewProblem returns a Problem.
func NewProblem() Problem { return Problem{template.Path{}.JSON(), NewField("error")} }

// In returns the error that a message reports, such as {"error":"Unauthorized"}, or ErrNotGuide if
// the message is not JSON. It returns nil if there is none.
func (p Problem) In(message []byte) error {
	if _, ok := p.document.Find(message); !ok {
		return ErrNotGuide
	}
	text, _ := p.message.Find(message)
	switch string(text) {
	case "":
		return nil
	case "Unauthorized", "Token required":
		return fmt.Errorf("%w: %s", driver.ErrRefused, text)
	}
	return fmt.Errorf("%w: %s", errReported, text)
}

// IsMeasured reports whether p is a measured message. A damaged or truncated one counts if a time in its
// header is recent.
func IsMeasured(p []byte) bool {
	if recentHeader(p) {
		return true
	}
	_, err := proto.ParseHeader(p, true)
	return err == nil
}

func recentHeader(p []byte) bool {
	h, fields := proto.PeekHeader(p, true)
	const day = int64(24 * 3600e9)
	now := clock.Now()
	recent := func(at int64) bool { return at > max(0, now-day) && at <= now+day }
	switch {
	case fields < 2:
		return false
	case fields == 2:
		return h.Seq < 1<<40 && recent(h.Intended)
	}
	return recent(h.Intended) || recent(h.Sent)
}
