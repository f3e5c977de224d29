package guideapi

import (
	"errors"
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

var (
	errNotGuide = errors.New("not a message of the guide's API")
	errNoToken  = fmt.Errorf("%w: the guide's API requires a token; set RTBENCH_TOKEN (`rtbench serve --token-for NAME` prints one)", driver.ErrRefused)
	errReported = errors.New("the server reports an error")
)

// A field finds the value of a key in JSON messages. It is not safe for concurrent use.
type field struct{ template.Field }

// newField returns the field with a key.
func newField(key string) field {
	path, err := template.ParsePath(key)
	if err != nil {
		panic(err) // keys are constants
	}
	return field{path.JSON()}
}

// get returns the value in a message, empty if it has none. It is valid until the next call.
func (f field) get(message []byte) []byte {
	value, _ := f.Find(message)
	return value
}

// problem reads the errors in messages that are not measured. It is not safe for concurrent use.
type problem struct{ document, message template.Field }

func newProblem() problem { return problem{template.Path{}.JSON(), newField("error")} }

// in returns the error that a message reports, such as {"error":"Unauthorized"}, or errNotGuide if
// the message is not JSON. It returns nil if there is none.
func (p problem) in(message []byte) error {
	if _, ok := p.document.Find(message); !ok {
		return errNotGuide
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

// measured decodes a measured message, or returns codec.Unmatched. A damaged or truncated one counts if
// a time in its header is recent.
func (s *Session) measured(p []byte) (proto.Header, codec.Outcome) { return s.measuredAfter(p, 0) }

// measuredAfter is measured with times that are later than clock.Now by a shift.
func (s *Session) measuredAfter(p []byte, shift int64) (proto.Header, codec.Outcome) {
	h, o, _ := s.stamped.Decode(p, 0)
	if o == codec.Corrupt && !recentHeader(p, clock.Now()+shift) {
		o = codec.Unmatched
	}
	return h, o
}

// recentHeader reports whether a time in the header of a damaged message is near now.
func recentHeader(p []byte, now int64) bool {
	h, fields := proto.PeekHeader(p, true)
	const day = int64(24 * 3600e9)
	recent := func(at int64) bool { return at > max(0, now-day) && at <= now+day }
	switch {
	case fields < 2:
		return false
	case fields == 2:
		return h.Seq < 1<<40 && recent(h.Intended)
	}
	return recent(h.Intended) || recent(h.Sent)
}
