// Package guideapi holds the parts of the guide's API that its drivers share.
package guideapi

import (
	"errors"
	"fmt"

	"github.com/valyala/fastjson"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
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

// ServerError returns the error in a JSON message, such as {"error":"Unauthorized"}, nil if it has none.
func ServerError(v *fastjson.Value) error {
	text := v.GetStringBytes("error")
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
