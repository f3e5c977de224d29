package webtransport_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// serve serves sessions with a handler for each, and returns a custom target.
func serve(t *testing.T, streams int64, handle func(*webtransport.Session), edit func(*driver.Endpoint)) drivertest.Target {
	t.Helper()
	l, at := drivertest.ListenQUIC(t, http3.NextProtoH3, &quic.Config{
		EnableDatagrams: true, EnableStreamResetPartialDelivery: true, MaxIncomingStreams: streams,
	})
	s := &webtransport.Server{H3: new(http3.Server)}
	s.H3.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/chat" || r.Header.Get("X-Room") != "1" || r.Host != "rooms.example.org" {
			http.Error(w, "no such room", http.StatusNotFound)
			return
		}
		w.Header().Set("X-Seat", "7")
		if session, err := s.Upgrade(w, r); err == nil {
			handle(session)
		}
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept(context.Background())
			if err != nil {
				return
			}
			go func() { _ = s.ServeQUICConn(conn) }()
		}
	}()
	t.Cleanup(func() {
		_ = s.Close()
		_ = l.Close()
		<-ended
	})
	target := drivertest.CustomTarget(t, "https://"+at.Address, "/chat?x=1", func(e *driver.Endpoint) {
		e.Header = http.Header{"X-Room": {"1"}, "Host": {"rooms.example.org"}}
		e.Keep = []string{"x-seat"}
		if edit != nil {
			edit(e)
		}
	})
	target.TLS = at.TLS
	return target
}

// echo returns what comes on each stream.
func echo(s *webtransport.Session) {
	for {
		st, err := s.AcceptStream(s.Context())
		if err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(st, st)
			_ = st.Close()
		}()
	}
}

// A session has the request of a custom target; its streams carry lines, or messages with their lengths.
func TestCustomFramings(t *testing.T) {
	t.Parallel()
	for _, lengths := range []bool{false, true} {
		target := serve(t, 100, echo, func(e *driver.Endpoint) { e.Lengths = lengths })
		d := drivertest.NewCustomDriver(t, "webtransport", target)
		drivertest.CheckEchoes(t, d, []string{"", "a", "one after the other", "end"})
		st := drivertest.Open(t, d, proto.Call{})
		if seat, ok, err := st.Header("X-Seat"); seat != "7" || !ok || err != nil {
			t.Errorf("header %q, %v, %v", seat, ok, err)
		}
	}
}

// A server may send first: a stream is there before the client's first message.
func TestServerSpeaksFirst(t *testing.T) {
	t.Parallel()
	target := serve(t, 100, func(s *webtransport.Session) {
		st, err := s.AcceptStream(s.Context())
		if err == nil {
			_, _ = io.WriteString(st, "hello\n")
			<-s.Context().Done()
		}
	}, nil)
	drivertest.Recv(t, drivertest.Open(t, drivertest.NewCustomDriver(t, "webtransport", target), proto.Call{}), "hello")
}

// Refusals, and what ends streams and sessions, have classes.
func TestClasses(t *testing.T) {
	t.Parallel()
	target := serve(t, 100, echo, func(e *driver.Endpoint) { e.Header = nil })
	if err := drivertest.OpenError(t, "webtransport", target); driver.Class(err) != "HTTP status 404" {
		t.Errorf("class %q of %v", driver.Class(err), err)
	}
	plain := drivertest.CustomTarget(t, "https://127.0.0.1:1", "/chat", nil)
	plain.Target = drivertest.ServeHTTP3(t, func(http.ResponseWriter, *http.Request) {}, nil)
	if err := drivertest.OpenError(t, "webtransport", plain); driver.Class(err) != "no WebTransport" || !driver.Permanent(err) {
		t.Errorf("class %q of %v", driver.Class(err), err)
	}
	for class, end := range map[string]func(*webtransport.Session, *webtransport.Stream){
		"WebTransport reset: code 5":          func(_ *webtransport.Session, st *webtransport.Stream) { st.CancelWrite(5) },
		"WebTransport session closed: code 7": func(s *webtransport.Session, _ *webtransport.Stream) { _ = s.CloseWithError(7, "over") },
		"connection closed by the server":     func(s *webtransport.Session, _ *webtransport.Stream) { _ = s.CloseWithError(0, "") },
	} {
		target := serve(t, 100, func(s *webtransport.Session) {
			st, err := s.AcceptStream(s.Context())
			if err == nil {
				_, _ = io.WriteString(st, "hello\n")
				_, _ = st.Read(make([]byte, 1))
				end(s, st)
				<-s.Context().Done()
			}
		}, nil)
		st := drivertest.Open(t, drivertest.NewCustomDriver(t, "webtransport", target), proto.Call{})
		drivertest.Recv(t, st, "hello")
		if err := st.Send([]byte("end")); err != nil {
			t.Fatal(err)
		}
		err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
		if driver.Class(err) != class {
			t.Errorf("class %q of %v, want %q", driver.Class(err), err, class)
		}
	}
}

// A server that allows no more streams is an error with that reason when the time is over.
func TestNoStreamsAllowed(t *testing.T) {
	t.Parallel()
	target := serve(t, 2, echo, nil) // one of them is the session's
	d := drivertest.NewCustomDriver(t, "webtransport", target)
	drivertest.Open(t, d, proto.Call{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := d.Open(ctx, proto.Call{}); driver.Class(err) != "no streams allowed" {
		t.Errorf("class %q of %v", driver.Class(err), err)
	}
}
