package driver_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/server"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp keeps one clock for the whole process.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// Timeout is how long any single step may take before a test calls it a hang.
const Timeout = 20 * time.Second

func StartServer(t testing.TB, cfg server.Config) *server.Server {
	t.Helper()
	s, err := server.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func Dial(t testing.TB, s *server.Server, protocol string) driver.Driver {
	t.Helper()
	d := DialBlocking(t, s, protocol)
	if s.Info().Engine != string(server.Loops) {
		return d
	}
	return EventDriver{d, NewLoop(t)}
}

// NewLoop skips only where the system has nothing to make a loop of.
func NewLoop(t testing.TB) *eventloop.Loop {
	t.Helper()
	l, err := eventloop.New()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has no event loops")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// ReferenceTarget is where s serves a protocol.
func ReferenceTarget(s *server.Server, protocol string) driver.Target {
	target := driver.Target{Address: s.Info().Addresses[protocol]}
	if pem := s.Info().Certificate; pem != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(pem))
		target.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return target
}

func DialBlocking(t testing.TB, s *server.Server, protocol string) driver.Driver {
	t.Helper()
	d, err := driver.New(protocol, ReferenceTarget(s, protocol))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func Open(t testing.TB, d driver.Driver, c proto.Call) driver.Stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	st, err := d.Open(ctx, c)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// forEach runs a test over every protocol in cleartext and with TLS, with goroutines,
// and with event loops at those of its ends that can have them.
func forEach(t *testing.T, test func(t *testing.T, s *server.Server, protocol string)) {
	for _, cfg := range []server.Config{{}, {TLS: true}, {Engine: server.Loops}} {
		for _, p := range proto.Protocols {
			if cfg.Engine == server.Loops && p.Name == "grpc" {
				continue // its library has goroutines, at both ends
			}
			t.Run(fmt.Sprintf("%s/tls=%v%s", p.Name, cfg.TLS, cfg.Engine), func(t *testing.T) {
				t.Parallel()
				test(t, StartServer(t, cfg), p.Name)
			})
		}
	}
}

// A EventDriver driver has a loop drive its streams.
type EventDriver struct {
	driver.Driver
	Loop *eventloop.Loop
}

func (d EventDriver) Open(ctx context.Context, c proto.Call) (driver.Stream, error) {
	st, err := d.Driver.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	driven, ok := st.(driver.EventDriven)
	if !ok {
		return nil, fmt.Errorf("%T cannot be driven", st)
	}
	q := &QueuedStream{Stream: st, in: make(chan []byte, 10_000), ended: make(chan error, 1), closed: make(chan struct{})}
	return q, driven.Drive(d.Loop, q)
}

// A QueuedStream stream hands what a loop takes to Recv.
type QueuedStream struct {
	driver.Stream
	in     chan []byte
	ended  chan error
	closed chan struct{}
	once   sync.Once
}

func (q *QueuedStream) Message(p []byte, _ int64) {
	select {
	case q.in <- bytes.Clone(p):
	case <-q.closed: // the loop is not to be held up by what nobody wants
	}
}

func (q *QueuedStream) Close() error {
	q.once.Do(func() { close(q.closed) })
	return q.Stream.Close()
}

func (q *QueuedStream) Ended(err error) {
	q.ended <- err
	close(q.in)
}

func (q *QueuedStream) Recv() ([]byte, error) {
	p, ok := <-q.in
	if ok {
		return p, nil
	}
	err := <-q.ended
	q.ended <- err
	return nil, err
}

func Bounded(t testing.TB, what string, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(Timeout):
		t.Fatalf("%s hangs", what)
		return nil
	}
}

func RecvEOF(t testing.TB, st driver.Stream) {
	t.Helper()
	err := Bounded(t, "Recv at the end", func() error { _, err := st.Recv(); return err })
	if !errors.Is(err, io.EOF) {
		t.Fatalf("Recv at the end: %v, want io.EOF", err)
	}
}

func TestTablesAgree(t *testing.T) {
	s := StartServer(t, server.Config{})
	for _, p := range proto.ProtocolNames() {
		if s.Info().Addresses[p] == "" {
			t.Errorf("the server does not serve %s", p)
		}
		d, err := driver.New(p, driver.Target{})
		if err != nil {
			t.Fatal(err)
		}
		_ = d.Close()
	}
	if n := len(s.Info().Addresses); n != len(proto.Protocols) {
		t.Errorf("the server serves %d protocols, the table has %d", n, len(proto.Protocols))
	}
}

func TestEchoSizesAndBytes(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := Open(t, Dial(t, s, protocol), proto.Call{Pattern: proto.Echo})
		for _, n := range []int{0, 1, 2, 125, 126, 127, 1000, 4096, 65535, 65536, 100_000, proto.MaxSize} {
			sent := make([]byte, n)
			for i := range sent {
				sent[i] = byte(i + n)
			}
			CheckEcho(t, st, sent)
		}
		if err := st.CloseSend(); err != nil {
			t.Fatal(err)
		}
		RecvEOF(t, st)
	})
}

func CheckEcho(t *testing.T, st driver.Stream, sent []byte) {
	t.Helper()
	sending := make(chan error, 1)
	go func() { sending <- st.Send(sent) }()
	var got []byte
	err := Bounded(t, "Recv", func() (err error) { got, err = st.Recv(); return err })
	if err != nil {
		t.Fatalf("%d bytes: %v", len(sent), err)
	}
	if !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes came back as %d others", len(sent), len(got))
	}
	if err := <-sending; err != nil {
		t.Fatalf("sending %d bytes: %v", len(sent), err)
	}
}

func TestEchoText(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := Open(t, Dial(t, s, protocol), proto.Call{Pattern: proto.Echo, Text: true})
		for _, text := range []string{"", "plain", "zwei\nZeilen\n", "\n", " leading", ": colon", "data: x", "日本語 🎉"} {
			CheckEcho(t, st, []byte(text))
		}
	})
}

func TestEchoKeepsOrder(t *testing.T) {
	const n = 500
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := Open(t, Dial(t, s, protocol), proto.Call{Pattern: proto.Echo})
		sending := make(chan error, 1)
		go func() {
			m := proto.NewMessage(64, false)
			for i := range n {
				if err := st.Send(m.Stamp(proto.Header{Seq: uint64(i)})); err != nil {
					sending <- err
					return
				}
			}
			sending <- st.CloseSend()
		}()
		for i := range n {
			p, err := st.Recv()
			if err != nil {
				t.Fatalf("message %d: %v", i, err)
			}
			if h, err := proto.ParseHeader(p, false); err != nil || h.Seq != uint64(i) {
				t.Fatalf("message %d: got %d, %v", i, h.Seq, err)
			}
		}
		RecvEOF(t, st)
		if err := <-sending; err != nil {
			t.Fatal(err)
		}
	})
}

// plan is a call of n messages in a tenth of a second, and the time it needs.
func plan(pattern proto.Pattern, n int) proto.Call {
	now := clock.Now()
	return proto.Call{
		Pattern: pattern, Size: 200, Of: 1, Topic: "t", Origin: now, SteadyFrom: now, SteadyTo: now + int64(100*time.Millisecond),
		Profile: pace.Profile{{Duration: 100 * time.Millisecond, From: float64(n) * 10, To: float64(n) * 10}},
	}
}

func TestFromServer(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		for _, pattern := range []proto.Pattern{proto.Push, proto.Fanout} {
			for _, encoding := range []proto.Call{{}, {Text: true}, {Text: true, Native: true}} {
				c := plan(pattern, 200)
				c.Text, c.Native, c.Topic = encoding.Text, encoding.Native, fmt.Sprint(encoding)
				c.Origin += int64(20 * time.Millisecond)
				checkPlan(t, Open(t, Dial(t, s, protocol), c), c, 200)
			}
		}
	})
}

func checkPlan(t *testing.T, st driver.Stream, c proto.Call, n int) {
	t.Helper()
	p := pace.NewPlan(c.Profile, c.Arrivals, c.Seed, c.Share, c.Of)
	for i := range n {
		b, err := st.Recv()
		if err != nil {
			t.Fatalf("%s message %d: %v", c.Pattern, i, err)
		}
		h, err := proto.ParseHeader(b, c.Text)
		due, _ := p.Next()
		if err != nil || h.Seq != uint64(i) || h.Intended != c.Origin+int64(due) || len(b) != c.Size {
			t.Fatalf("%s message %d: %d bytes, %+v, %v; due %d", c.Pattern, i, len(b), h, err, c.Origin+int64(due))
		}
		if h.Sent < h.Intended {
			t.Fatalf("%s message %d was sent %d ns before it was due", c.Pattern, i, h.Intended-h.Sent)
		}
	}
	RecvEOF(t, st)
	_ = st.Close()
}

func TestUploadIsSummedUp(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		c := plan(proto.Upload, 1)
		checkUpload(t, s, protocol, c)
		c.Text, c.Native = true, true
		checkUpload(t, s, protocol, c)
	})
}

func checkUpload(t *testing.T, s *server.Server, protocol string, c proto.Call) {
	t.Helper()
	st := Open(t, Dial(t, s, protocol), c)
	m := proto.NewMessage(300, c.Text)
	for i := range 100 {
		if i == 50 {
			continue // lost
		}
		h := proto.Header{Seq: uint64(i), Intended: c.SteadyFrom, Sent: c.SteadyFrom + 1}
		if err := st.Send(m.Stamp(h)); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.CloseSend(); err != nil {
		t.Fatal(err)
	}
	b, err := st.Recv()
	if err != nil {
		t.Fatal(err)
	}
	sink := record.NewSink(c.SteadyFrom, c.SteadyTo)
	sum, err := sink.Merge(b)
	if err != nil {
		t.Fatal(err)
	}
	want := record.Ledger{Tally: record.Tally{Received: 99, Lost: 1}}
	if sum.Ledger.Received != want.Received || sum.Ledger.Lost != want.Lost || sum.Steady != 99 {
		t.Fatalf("summary %+v of 99 messages with one lost", sum)
	}
	RecvEOF(t, st)
}

func TestEchoNative(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := Open(t, Dial(t, s, protocol), proto.Call{Pattern: proto.Echo, Text: true, Native: true})
		for _, n := range []int{proto.TextHeaderSize, 200, 100_000} {
			CheckEcho(t, st, proto.NewMessage(n, true).Stamp(proto.Header{Seq: uint64(n), Intended: -1, Sent: 2, Stream: 3}))
		}
		if err := st.CloseSend(); err != nil {
			t.Fatal(err)
		}
		RecvEOF(t, st)
	})
}

func TestFanoutReachesEverySubscriber(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		c := plan(proto.Fanout, 50)
		c.Origin += int64(200 * time.Millisecond)
		d := Dial(t, s, protocol)
		streams := make([]driver.Stream, 8)
		for i := range streams {
			streams[i] = Open(t, d, c)
		}
		for _, st := range streams {
			checkPlan(t, st, c, 50)
		}
		if n := s.Stats().Dropped; n != 0 {
			t.Fatalf("%d messages were dropped", n)
		}
	})
}

func TestCloseUnblocksRecv(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := Open(t, Dial(t, s, protocol), proto.Call{Pattern: proto.Echo})
		CheckEcho(t, st, []byte("there"))
		recv := make(chan error, 1)
		go func() { _, err := st.Recv(); recv <- err }()
		for range 3 {
			_ = st.Close()
		}
		err := Bounded(t, "Recv after Close", func() error { return <-recv })
		if err == nil {
			t.Fatal("Recv returned a message after Close")
		}
	})
}

func TestFloodEndsWithClose(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := Open(t, Dial(t, s, protocol), proto.Call{Pattern: proto.Push, Size: 1000})
		for range 100 {
			if _, err := st.Recv(); err != nil {
				t.Fatal(err)
			}
		}
		_ = st.Close()
		// The server must notice by itself: its stream count falls to nothing.
		deadline := time.Now().Add(Timeout)
		for s.Stats().Streams > 0 {
			if time.Now().After(deadline) {
				t.Fatal("the server still pushes to a client that has left")
			}
		}
	})
}

func TestServerGone(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := Open(t, Dial(t, s, protocol), proto.Call{Pattern: proto.Echo})
		CheckEcho(t, st, []byte("there"))
		s.Close()
		err := Bounded(t, "Recv from a server that is gone", func() error { _, err := st.Recv(); return err })
		if err == nil {
			t.Fatal("Recv returned a message from a server that is gone")
		}
	})
}

func TestOpenIsBoundedByContext(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := Bounded(t, "Open with a context that has ended", func() error {
			_, err := Dial(t, s, protocol).Open(ctx, proto.Call{Pattern: proto.Echo})
			return err
		})
		if err == nil {
			t.Fatal("Open succeeded with a context that has ended")
		}
	})
}

func TestStreamOutlivesOpen(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		ctx, cancel := context.WithCancel(context.Background())
		st, err := Dial(t, s, protocol).Open(ctx, proto.Call{Pattern: proto.Echo})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		cancel()
		CheckEcho(t, st, []byte("still there"))
	})
}

func TestRefusedCall(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		ctx, cancel := context.WithTimeout(context.Background(), Timeout)
		defer cancel()
		_, err := Dial(t, s, protocol).Open(ctx, proto.Call{Pattern: proto.Push, Size: proto.MaxSize + 1})
		if !errors.Is(err, driver.ErrRefused) {
			t.Fatalf("Open of an impossible call: %v, want ErrRefused", err)
		}
	})
}

func TestNobodyThere(t *testing.T) {
	s := StartServer(t, server.Config{})
	address := s.Info().Addresses
	s.Close()
	for _, p := range proto.ProtocolNames() {
		t.Run(p, func(t *testing.T) {
			d, err := driver.New(p, driver.Target{Address: address[p]})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			err = Bounded(t, "Open with nobody there", func() error {
				_, err := d.Open(context.Background(), proto.Call{Pattern: proto.Echo})
				return err
			})
			if err == nil {
				t.Fatal("Open succeeded with nobody there")
			}
		})
	}
}

// A subscriber that does not read fills its queue; what the server then drops is
// counted on both sides, to the message.
func TestFullQueueIsCounted(t *testing.T) {
	const n = 3000
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		c := plan(proto.Fanout, n)
		c.Size = 16 << 10
		st := Open(t, DialBlocking(t, s, protocol), c)
		for deadline := time.Now().Add(Timeout); s.Stats().Dropped == 0; {
			if time.Now().After(deadline) {
				t.Fatal("nothing was dropped for a subscriber that does not read")
			}
		}
		sink := record.NewSink(c.SteadyFrom, c.SteadyTo)
		receiver := record.NewReceiver(record.NewRecorder(sink), c)
		for {
			p, err := st.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			receiver.Take(p, clock.Now())
		}
		l := receiver.Ledger
		l.Close(n)
		if dropped := s.Stats().Dropped; l.Lost != dropped || l.Received+dropped != n || l.Corrupt+l.Duplicates+l.OutOfOrder > 0 {
			t.Fatalf("the server dropped %d of %d, the ledger says %+v", dropped, n, l)
		}
	})
}
