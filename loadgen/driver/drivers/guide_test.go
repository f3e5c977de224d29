package drivers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/loadgen/driver/guideapi"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/server"
	"rtbench/server/guide"
)

// A guideClient opens streams of the guide's API.
type guideClient struct {
	driver.Driver
	protocol string
	api      guideapi.API
	loop     *eventloop.Loop // drives the streams; may be nil
}

func newGuideClient(t *testing.T, protocol string, target driver.Target, api guideapi.API) guideClient {
	t.Helper()
	d, err := drivers.New(protocol, proto.ClientStack(protocol), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	api.Address, api.Secure = target.Address, target.TLS != nil
	return guideClient{d, protocol, api, nil}
}

// A guideStream is an open stream with its session.
type guideStream struct {
	*driver.Stream
	*guideapi.Session
}

func (d guideClient) open(ctx context.Context, c proto.Call) (guideStream, error) {
	s, st, err := d.api.Open(ctx, d, d.protocol, c)
	if err != nil {
		return guideStream{}, err
	}
	s.SetMessage(proto.NewMessage(c.Size, c.Text))
	if d.loop != nil {
		st, err = drivertest.DriveStream(st, d.loop)
	}
	return guideStream{st, s}, err
}

func (st guideStream) send(h proto.Header) error {
	b, err := st.Encode(h)
	if err != nil {
		return err
	}
	return st.Send(b)
}

// recv returns the header of the next measured message.
func (st guideStream) recv() (proto.Header, error) {
	for {
		b, err := st.Recv()
		if err != nil {
			return proto.Header{}, st.EndError(err)
		}
		switch h, o, _ := st.Decode(b, clock.Now()); o {
		case codec.Intact:
			return h, nil
		case codec.None, codec.Unmatched:
		default:
			return h, fmt.Errorf("outcome %d of %.80q", o, b)
		}
	}
}

// All patterns of the guide's API work over all its protocols, with and without TLS, with goroutines and
// with event loops.
func TestGuideConformance(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := drivertest.StartServer(t, server.Config{TLS: secure, Guide: guide.Config{Interval: 5 * time.Millisecond, Heartbeat: time.Millisecond}})
		for _, p := range proto.Protocols {
			for _, pattern := range p.Guide {
				for _, loop := range []bool{false, true} {
					if loop && (secure || pattern == proto.Upload || p.Name == "grpc") {
						continue // event loops are not supported
					}
					t.Run(fmt.Sprintf("%s/%s/tls=%v/loop=%v", p.Name, pattern, secure, loop), func(t *testing.T) {
						d := newGuideClient(t, p.Name, drivertest.ReferenceTarget(s, p.Name), guideapi.API{Token: s.TokenFor("rtbench")})
						if loop {
							d.loop = eventlooptest.NewLoop(t)
						}
						switch pattern {
						case proto.Push:
							guidePush(t, d)
						case proto.Fanout:
							guideFanout(t, d)
						default:
							guideEcho(t, d, pattern)
						}
					})
				}
			}
		}
	}
}

func openGuide(t *testing.T, d guideClient, c proto.Call) guideStream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
	defer cancel()
	st, err := d.open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	hang := time.AfterFunc(drivertest.Timeout, func() { _ = st.Close() })
	t.Cleanup(func() { hang.Stop() })
	return st
}

// guideEcho expects echoes and a clean end.
func guideEcho(t *testing.T, d guideClient, pattern proto.Pattern) {
	c := proto.Call{Pattern: pattern, Text: pattern != proto.Upload, Size: 200}
	if pattern == proto.Upload {
		c.Size = 100_000 // several chunks
	}
	st := openGuide(t, d, c)
	for i := range uint64(5) {
		sent := proto.Header{Seq: i, Intended: 1, Sent: 2, Stream: 3}
		if err := st.send(sent); err != nil {
			t.Fatal(err)
		}
		if got, err := st.recv(); err != nil || got != sent {
			t.Fatalf("message %d came back as %+v, %v", i, got, err)
		}
	}
	if err := errors.Join(st.CloseSend(), st.CloseSend()); err != nil {
		t.Fatal(err)
	}
	if _, err := st.recv(); !errors.Is(err, io.EOF) {
		t.Errorf("ended with %v", err)
	}
}

// guideFanout expects the messages of the first member at all members, and no messages of others.
func guideFanout(t *testing.T, d guideClient) {
	c := proto.Call{Pattern: proto.Fanout, Text: true, Size: 100, Topic: "this"}
	var members []guideStream
	for share := range 3 {
		c.Share = share
		members = append(members, openGuide(t, d, c))
	}
	other := proto.Call{Pattern: proto.Fanout, Text: true, Size: 100, Topic: "other"} // another run in the same room
	_ = openGuide(t, d, other).send(proto.Header{Seq: 77})
	for i := range uint64(5) {
		if err := members[0].send(proto.Header{Seq: i}); err != nil {
			t.Fatal(err)
		}
	}
	for who, st := range members {
		for i := range uint64(5) {
			if h, err := st.recv(); err != nil || h.Seq != i {
				t.Fatalf("member %d got %+v, %v; want sequence %d", who, h, err, i)
			}
		}
	}
}

// guidePush expects events in order, with plausible times, and an end after the steady phase. On a busy
// machine a short phase may end before the stream is open.
func guidePush(t *testing.T, d guideClient) {
	for steady := 100 * time.Millisecond; steady < drivertest.Timeout; steady *= 4 {
		if guideEvents(t, d, steady) >= 5 {
			return
		}
	}
	t.Error("fewer than 5 events before each end")
}

// guideEvents returns the number of events before the end of the steady phase.
func guideEvents(t *testing.T, d guideClient, steady time.Duration) uint64 {
	began := clock.Now()
	c := proto.Call{Pattern: proto.Push, Text: true, Share: 4, Origin: began, SteadyTo: began + int64(steady)}
	st := openGuide(t, d, c)
	var last int64
	for n := uint64(0); ; n++ {
		h, err := st.recv()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil || h.Seq != n || h.Stream != 4 || h.Intended <= last || h.Intended >= c.SteadyTo || h.Intended < began-int64(time.Second) {
			t.Fatalf("event %d is %+v, %v (began %d)", n, h, err, began)
		}
		last = h.Intended
	}
}

func TestGuideTokens(t *testing.T) {
	s := drivertest.StartServer(t, server.Config{})
	for name, c := range map[string]struct {
		protocol, token, path string
		pattern               proto.Pattern
	}{
		"no token":           {"websocket", "", "", proto.Echo},
		"wrong":              {"websocket", "wrong", "", proto.Echo},
		"no token of events": {"sse", "", "/stream/user", proto.Push},
		"wrong of events":    {"sse-h2", "wrong", "/stream/user", proto.Push},
		"no such path":       {"sse", "", "/elsewhere", proto.Push},
	} {
		t.Run(name, func(t *testing.T) {
			d := newGuideClient(t, c.protocol, drivertest.ReferenceTarget(s, c.protocol), guideapi.API{Token: c.token, Path: c.path})
			st, err := d.open(t.Context(), proto.Call{Pattern: c.pattern, Text: true, Size: 100})
			if err == nil {
				_, err = st.recv()
				_ = st.Close()
			}
			if !errors.Is(err, driver.ErrRefused) {
				t.Errorf("%v, want a refusal", err)
			}
		})
	}
	for user, protocol := range map[string]string{"alice": "sse", "bob": "sse-h2"} {
		d := newGuideClient(t, protocol, drivertest.ReferenceTarget(s, protocol), guideapi.API{Token: s.TokenFor(user), Path: "/stream/user"})
		if _, err := openGuide(t, d, proto.Call{Pattern: proto.Push, Text: true}).recv(); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}
}

// The patterns in proto.Protocols are those of package guideapi.
func TestGuidePatterns(t *testing.T) {
	for _, p := range proto.Protocols {
		d := newGuideClient(t, p.Name, driver.Target{Address: "127.0.0.1:1"}, guideapi.API{Token: "x"})
		for _, row := range proto.Patterns {
			pattern := row.Name
			_, err := d.open(t.Context(), proto.Call{Pattern: pattern, Text: true, Size: 100})
			absent := err != nil && strings.Contains(err.Error(), "the guide's API has no")
			if absent == slices.Contains(p.Guide, pattern) {
				t.Errorf("%s %s: %v", p.Name, pattern, err)
			}
		}
	}
}
