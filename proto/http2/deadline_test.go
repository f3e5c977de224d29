package http2_test

import (
	"errors"
	"io"
	"testing"
	"time"

	nethttp2 "golang.org/x/net/http2"

	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// startBriefly starts a request with a deadline that is about to pass.
func (p *peer) startBriefly(st *http2.Stream, ended bool) (id uint32) {
	p.t.Helper()
	err := http2.ErrDeadline
	for errors.Is(err, http2.ErrDeadline) { // it passed before the start
		st.SetDeadline(time.Now().Add(5 * time.Millisecond))
		err = st.Start(p.t.Context(), nil, nil, ended)
	}
	p.must(err)
	return expect[*nethttp2.MetaHeadersFrame](p).StreamID
}

// A deadline resets the stream, and only that request of it.
func TestDeadline(t *testing.T) {
	bothWays(t, func(t *testing.T, receive func(*http2.Stream) func(int) []string) {
		p, h := connected(t)
		st := h.NewStream(framing.GRPC{}, nil)
		id := p.startBriefly(st, false)
		if f := expect[*nethttp2.RSTStreamFrame](p); f.StreamID != id || f.ErrCode != nethttp2.ErrCodeCancel {
			t.Fatalf("the client says %v", f)
		}
		check(t, receive(st)(1), "ended: "+http2.ErrDeadline.Error())
		p.inStep()
	})
}

func TestDeadlineOfEachRequest(t *testing.T) {
	p, h := connected(t)
	st := h.NewStream(framing.GRPC{}, nil)
	for range 2 {
		id := p.startBriefly(st, true)
		if _, err := st.Recv(); !errors.Is(err, http2.ErrDeadline) {
			t.Fatalf("request %d ended with %v", id, err)
		}
		expect[*nethttp2.RSTStreamFrame](p)
		st.SetDeadline(time.Now().Add(time.Hour))
		p.must(st.Start(t.Context(), nil, nil, true))
		id = expect[*nethttp2.MetaHeadersFrame](p).StreamID
		p.header(id, true, ":status", "200")
		if _, err := st.Recv(); !errors.Is(err, io.EOF) {
			t.Fatalf("request %d ended with %v", id, err)
		}
	}
}

// A request that waits for the server's stream limit does not outlive its deadline.
func TestDeadlineBeforeStart(t *testing.T) {
	p, h := connected(t, nethttp2.Setting{ID: nethttp2.SettingMaxConcurrentStreams, Val: 1})
	_, _ = p.open(h, false)
	st := h.NewStream(framing.GRPC{}, nil)
	st.SetDeadline(time.Now().Add(time.Millisecond))
	if err := st.Start(t.Context(), nil, nil, true); !errors.Is(err, http2.ErrDeadline) {
		t.Fatalf("Start: %v", err)
	}
}
