package guideapi

import (
	"io"
	"math"
	"net/url"
	"strconv"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

// userEvents is the path of the event stream that requires a token.
const userEvents = "/stream/user"

// defineEvents defines an event stream, whose rate the server sets. An event has a counter and a
// timestamp in Unix seconds: it is due and sent then. The first one due after the steady phase ends the
// stream. Events without counter or timestamp, or with a timestamp more than a day off, are unmatched.
//
// Timestamps are of the wall clock, receive times of the monotonic clock. Their offset is read once:
// a later change of the wall clock shows as delay.
func defineEvents(s *Session) {
	path := s.api.Path
	if path == "" {
		path = "/stream"
	}
	s.setEndpoint("http", path)
	if path == userEvents {
		if s.endpoint.URL.RawQuery = "token=" + url.QueryEscape(s.api.Token); s.api.Token == "" {
			s.err = errNoToken
		}
	}
	s.encode = func(proto.Header) ([]byte, error) { return nil, driver.ErrReceiveOnly }
	counter, timestamp, problem := newField("counter"), newField("timestamp"), newProblem()
	offset := -s.api.Ahead
	if offset == 0 {
		offset = clock.WallOffset()
	}
	s.decode = func(b []byte) (h proto.Header, _ codec.Outcome, _ error) {
		number, ok := template.ParseNumber(counter.get(b))
		seconds, err := strconv.ParseFloat(string(timestamp.get(b)), 64)
		if !ok || err != nil || math.Abs(seconds-float64(time.Now().Unix())) > 24*3600 {
			if err := problem.in(b); err != nil {
				return h, codec.None, err
			}
			return s.unmatched(b)
		}
		whole := int64(seconds)
		at := whole*1e9 + int64((seconds-float64(whole))*1e9) + offset
		if s.call.SteadyTo > 0 && at >= s.call.SteadyTo {
			return h, codec.None, io.EOF
		}
		return proto.Header{Seq: number, Intended: at, Sent: at, Stream: uint32(s.call.Share)}, codec.Intact, nil
	}
}
