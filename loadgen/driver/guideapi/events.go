package guideapi

import (
	"io"
	"math"
	"net/url"
	"strconv"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/scenarios/template"
)

// userEvents is the path of the event stream that requires a token.
const userEvents = "/stream/user"

// newEvents requests an event stream. The server sets its rate.
func newEvents(a *API, c proto.Call) (session, error) {
	path := a.Path
	if path == "" {
		path = "/stream"
	}
	s := session{endpoint: a.endpoint("http", path, c), decode: a.events(c)}
	if path == userEvents {
		if a.Token == "" {
			return session{}, errNoToken
		}
		s.endpoint.URL.RawQuery = "token=" + url.QueryEscape(a.Token)
	}
	return s, nil
}

// events turns events with a counter and a timestamp in Unix seconds into measured messages, due and
// sent at the timestamp. The first one due after the steady phase ends the stream. Events without
// counter or timestamp, or with a timestamp more than a day off, are unmatched.
//
// Timestamps are of the wall clock, receive times of the monotonic clock. Their offset is read once:
// a later change of the wall clock shows as delay.
func (a *API) events(c proto.Call) func([]byte) ([]byte, error) {
	counter, timestamp, problem := newField("counter"), newField("timestamp"), newProblem()
	offset := clock.WallOffset()
	m := proto.NewMessage(0, c.Text)
	return func(b []byte) ([]byte, error) {
		number, ok := template.ParseNumber(counter.get(b))
		seconds, err := strconv.ParseFloat(string(timestamp.get(b)), 64)
		if !ok || err != nil || math.Abs(seconds-float64(time.Now().Unix())) > 24*3600 {
			if err := problem.in(b); err != nil {
				return nil, err
			}
			a.reportUnmatched(b)
			return nil, nil
		}
		whole := int64(seconds)
		at := whole*1e9 + int64((seconds-float64(whole))*1e9) + offset
		if c.SteadyTo > 0 && at >= c.SteadyTo {
			return nil, io.EOF
		}
		return m.Stamp(proto.Header{Seq: number, Intended: at, Sent: at, Stream: uint32(c.Share)}), nil
	}
}
