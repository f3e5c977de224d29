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

func Unsupported(protocol string, p proto.Pattern) error {
	return fmt.Errorf("the guide's contract has no %s over %s", p, protocol)
}

// What a server of the contract may say of itself.
var (
	errSaid     = errors.New("the server says")
	ErrNotGuide = errors.New("this is no message of the guide's contract")
)

// ServerError is the error in a JSON message, or nil: {"error":"Unauthorized"}.
func ServerError(v *fastjson.Value) error {
	text := v.GetStringBytes("error")
	switch string(text) {
	case "":
		return nil
	case "Unauthorized", "Token required":
		return fmt.Errorf("%w: %s", driver.ErrRefused, text)
	}
	return fmt.Errorf("%w: %s", errSaid, text)
}

// IsMeasured reports whether a text is a measured message, even one that is damaged or cut short:
// then a time in its header is a recent one.
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

var ErrNoToken = fmt.Errorf("%w: the guide's contract asks for a token here, and there is none (set RTBENCH_TOKEN; `rtbench serve --token-for NAME` prints one)", driver.ErrRefused)
