package drivers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/server"
)

func TestMain(m *testing.M) { drivertest.Main(m) }

// forEach runs a test over every stack of every protocol, in cleartext, which QUIC has not, and with TLS.
func forEach(t *testing.T, test func(t *testing.T, s *server.Server, protocol string)) {
	for _, stack := range proto.Stacks {
		for _, secure := range []bool{false, true} {
			if proto.QUIC(stack.Protocol) && !secure {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s/tls=%v", stack.Protocol, stack.Name, secure), func(t *testing.T) {
				t.Parallel()
				test(t, drivertest.StartServer(t, server.Config{Stack: stack.Name, TLS: secure}), stack.Protocol)
			})
		}
	}
}

func TestTablesAgree(t *testing.T) {
	if e := drivers.Reference("tcp", "smoke", "", false, proto.Call{}); e != nil {
		t.Errorf("an unknown stack has the endpoint %+v", e)
	}
	for _, row := range proto.Stacks {
		d, err := drivers.New(row.Protocol, row.Name, driver.Target{})
		if err != nil {
			t.Fatal(err)
		}
		_ = d.Close()
		if drivers.Reference(row.Protocol, row.Name, "localhost:1", true, proto.Call{}) == nil {
			t.Errorf("%s, %s has no endpoint of reference servers", row.Protocol, row.Name)
		}
		s := drivertest.StartServer(t, server.Config{Stack: row.Name, TLS: true})
		if got := s.Info().Stacks[row.Protocol]; got != row.Name {
			t.Errorf("the server serves %s with stack %s, want %s", row.Protocol, got, row.Name)
		}
		if n := len(s.Info().Addresses); n != len(proto.Protocols) {
			t.Errorf("the server serves %d protocols, the table has %d", n, len(proto.Protocols))
		}
		s.Close()
	}
}

func TestEchoSizesAndBytes(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := drivertest.Open(t, drivertest.Dial(t, s, protocol), proto.Call{Pattern: proto.Echo})
		for _, n := range []int{0, 1, 2, 125, 126, 127, 1000, 4096, 65535, 65536, 100_000, proto.MaxSize} {
			sent := make([]byte, n)
			for i := range sent {
				sent[i] = byte(i + n)
			}
			drivertest.CheckEcho(t, st, sent)
		}
		if err := st.CloseSend(); err != nil {
			t.Fatal(err)
		}
		drivertest.RecvEOF(t, st)
	})
}

func TestEchoText(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := drivertest.Open(t, drivertest.Dial(t, s, protocol), proto.Call{Pattern: proto.Echo, Text: true})
		for _, text := range []string{"", "plain", "zwei\nZeilen\n", "\n", " leading", ": colon", "data: x", "日本語 🎉"} {
			drivertest.CheckEcho(t, st, []byte(text))
		}
	})
}

func TestEchoKeepsOrder(t *testing.T) {
	const n = 500
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := drivertest.Open(t, drivertest.Dial(t, s, protocol), proto.Call{Pattern: proto.Echo})
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
		drivertest.RecvEOF(t, st)
		if err := <-sending; err != nil {
			t.Fatal(err)
		}
	})
}

// shortPlan returns a call of n messages in 100 ms.
func shortPlan(pattern proto.Pattern, n int) proto.Call {
	now := clock.Now()
	return proto.Call{
		Pattern: pattern, Size: 200, Of: 1, Topic: "t", Origin: now, SteadyFrom: now, SteadyTo: now + int64(100*time.Millisecond),
		Profile: pace.Profile{{Duration: 100 * time.Millisecond, From: float64(n) * 10, To: float64(n) * 10}},
	}
}

func TestFromServer(t *testing.T) {
	testrun.OnlyWithAll(t)
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		for _, pattern := range []proto.Pattern{proto.Push, proto.Fanout} {
			for _, encoding := range []proto.Call{{}, {Text: true}, {Text: true, Native: true}} {
				c := shortPlan(pattern, 200)
				c.Text, c.Native, c.Topic = encoding.Text, encoding.Native, fmt.Sprint(encoding)
				c.Origin += int64(20 * time.Millisecond)
				checkPlan(t, protocol, drivertest.Open(t, drivertest.Dial(t, s, protocol), c), c, 200)
			}
		}
	})
}

func checkPlan(t *testing.T, protocol string, st *driver.Stream, c proto.Call, n int) {
	t.Helper()
	p := pace.NewPlan(c.Profile, c.Arrivals, c.Seed, c.Share, c.Of)
	received := codec.New(protocol, c.Native, proto.NewMessage(c.Size, c.Text))
	for i := range n {
		b, err := st.Recv()
		if err != nil {
			t.Fatalf("%s message %d: %v", c.Pattern, i, err)
		}
		h, o, _ := received.Decode(b, 0)
		due, _ := p.Next()
		if o != codec.Intact || h.Seq != uint64(i) || h.Intended != c.Origin+int64(due) || !c.Native && len(b) != c.Size {
			t.Fatalf("%s message %d: %d bytes, %+v, %v; due %d", c.Pattern, i, len(b), h, o, c.Origin+int64(due))
		}
		if h.Sent < h.Intended {
			t.Fatalf("%s message %d was sent %d ns before it was due", c.Pattern, i, h.Intended-h.Sent)
		}
	}
	drivertest.RecvEOF(t, st)
	_ = st.Close()
}

func TestUploadSummary(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		c := shortPlan(proto.Upload, 1)
		checkUpload(t, s, protocol, c)
		c.Text, c.Native = true, true
		checkUpload(t, s, protocol, c)
	})
}

func checkUpload(t *testing.T, s *server.Server, protocol string, c proto.Call) {
	t.Helper()
	st := drivertest.Open(t, drivertest.Dial(t, s, protocol), c)
	m := codec.New(protocol, c.Native, proto.NewMessage(300, c.Text))
	for i := range 100 {
		if i == 50 {
			continue // lost
		}
		h := proto.Header{Seq: uint64(i), Intended: c.SteadyFrom, Sent: c.SteadyFrom + 1}
		p, err := m.Encode(h)
		if err := errors.Join(err, st.Send(p)); err != nil {
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
	sink := record.NewSink(c.Window())
	sum, err := sink.Merge(b)
	if err != nil {
		t.Fatal(err)
	}
	want := record.Ledger{Tally: record.Tally{Received: 99, Lost: 1}}
	if sum.Ledger.Received != want.Received || sum.Ledger.Lost != want.Lost || sum.Steady != 99 {
		t.Fatalf("summary %+v of 99 messages with one lost", sum)
	}
	drivertest.RecvEOF(t, st)
}

func TestEchoNative(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := drivertest.Open(t, drivertest.Dial(t, s, protocol), proto.Call{Pattern: proto.Echo, Text: true, Native: true})
		for _, n := range []int{proto.TextHeaderSize, 200, 100_000} {
			p, err := codec.New(protocol, true, proto.NewMessage(n, true)).Encode(proto.Header{Seq: uint64(n), Intended: -1, Sent: 2, Stream: 3})
			if err != nil {
				t.Fatal(err)
			}
			drivertest.CheckEcho(t, st, p)
		}
		if err := st.CloseSend(); err != nil {
			t.Fatal(err)
		}
		drivertest.RecvEOF(t, st)
	})
}

func TestFanoutReachesEverySubscriber(t *testing.T) {
	testrun.OnlyWithAll(t)
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		c := shortPlan(proto.Fanout, 50)
		c.Origin += int64(time.Second) // all subscribe before it
		d := drivertest.Dial(t, s, protocol)
		streams := make([]*driver.Stream, 8)
		for i := range streams {
			streams[i] = drivertest.Open(t, d, c)
		}
		for _, st := range streams {
			checkPlan(t, protocol, st, c, 50)
		}
		if n := s.Stats().Dropped; n != 0 {
			t.Fatalf("%d messages were dropped", n)
		}
	})
}

// A subscriber that comes after the topic's last message learns that there are no more.
func TestLateSubscriberEnds(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		d, c := drivertest.Dial(t, s, protocol), shortPlan(proto.Fanout, 3)
		for range 2 { // the first stream stays open
			st := drivertest.Open(t, d, c)
			var err error
			for err == nil {
				_, err = st.Recv()
			}
			if !errors.Is(err, io.EOF) {
				t.Fatalf("the stream ended with %v, want io.EOF", err)
			}
		}
	})
}

func TestCloseUnblocksRecv(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := drivertest.Open(t, drivertest.Dial(t, s, protocol), proto.Call{Pattern: proto.Echo})
		drivertest.CheckEcho(t, st, []byte("there"))
		recv := make(chan error, 1)
		go func() { _, err := st.Recv(); recv <- err }()
		for range 3 {
			_ = st.Close()
		}
		err := drivertest.Bounded(t, "Recv after Close", func() error { return <-recv })
		if err == nil {
			t.Fatal("Recv returned a message after Close")
		}
	})
}

func TestFloodEndsWithClose(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := drivertest.Open(t, drivertest.Dial(t, s, protocol), proto.Call{Pattern: proto.Push, Size: 1000})
		for range 100 {
			if _, err := st.Recv(); err != nil {
				t.Fatal(err)
			}
		}
		_ = st.Close()
		// The server must notice by itself.
		deadline := time.Now().Add(drivertest.Timeout)
		for s.Stats().Streams > 0 {
			if time.Now().After(deadline) {
				t.Fatal("the server still pushes to a closed client")
			}
		}
	})
}

func TestServerStops(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		st := drivertest.Open(t, drivertest.Dial(t, s, protocol), proto.Call{Pattern: proto.Echo})
		drivertest.CheckEcho(t, st, []byte("there"))
		s.Close()
		err := drivertest.Bounded(t, "Recv from a stopped server", func() error { _, err := st.Recv(); return err })
		if err == nil {
			t.Fatal("Recv returned a message from a stopped server")
		}
	})
}

func TestOpenHonorsContext(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		err := drivertest.Bounded(t, "Open with a canceled context", func() error {
			_, err := drivertest.Dial(t, s, protocol).Open(ctx, proto.Call{Pattern: proto.Echo})
			return err
		})
		if err == nil {
			t.Fatal("Open succeeded with a canceled context")
		}
	})
}

func TestStreamOutlivesOpen(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		ctx, cancel := context.WithCancel(context.Background())
		st, err := drivertest.Dial(t, s, protocol).Open(ctx, proto.Call{Pattern: proto.Echo})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		cancel()
		drivertest.CheckEcho(t, st, []byte("still there"))
	})
}

func TestRefusedCall(t *testing.T) {
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		ctx, cancel := context.WithTimeout(context.Background(), drivertest.Timeout)
		defer cancel()
		_, err := drivertest.Dial(t, s, protocol).Open(ctx, proto.Call{Pattern: proto.Push, Size: proto.MaxSize + 1})
		if !errors.Is(err, driver.ErrRefused) {
			t.Fatalf("Open of an invalid call: %v, want ErrRefused", err)
		}
	})
}

func TestServerNotRunning(t *testing.T) {
	s := drivertest.StartServer(t, server.Config{TLS: true})
	s.Close()
	for _, row := range proto.Stacks {
		t.Run(row.Protocol+" "+row.Name, func(t *testing.T) {
			target := drivertest.ReferenceTarget(s, row.Protocol)
			if !proto.QUIC(row.Protocol) {
				target.TLS = nil
			}
			d := drivertest.NewReferenceClient(t, row.Protocol, row.Name, target)
			err := drivertest.Bounded(t, "Open of a stopped server", func() error {
				_, err := d.Open(context.Background(), proto.Call{Pattern: proto.Echo})
				return err
			})
			if err == nil {
				t.Fatal("Open succeeded without a server")
			}
		})
	}
}

// If a subscriber does not read, its queue overflows. Both ends must count the same dropped messages.
func TestFullQueueIsCounted(t *testing.T) {
	testrun.OnlyWithAll(t)
	const n = 3000
	forEach(t, func(t *testing.T, s *server.Server, protocol string) {
		c := shortPlan(proto.Fanout, n)
		c.Size = 16 << 10
		st := drivertest.Open(t, drivertest.DialBlocking(t, s, protocol), c)
		for deadline := time.Now().Add(drivertest.Timeout); s.Stats().Dropped == 0; {
			if time.Now().After(deadline) {
				t.Fatal("nothing was dropped for a slow subscriber")
			}
		}
		sink := record.NewSink(c.Window())
		receiver, stamped := record.NewReceiver(record.NewRecorder(sink), c), codec.Stamped{Message: proto.NewMessage(0, c.Text)}
		for {
			p, err := st.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			h, o, _ := stamped.Decode(p, clock.Now())
			receiver.Note(h, o, clock.Now())
		}
		l := receiver.Sequence.Ledger()
		l.Close(n)
		if dropped := s.Stats().Dropped; l.Lost != dropped || l.Received+dropped != n || l.Corrupt+l.Duplicates+l.OutOfOrder > 0 {
			t.Fatalf("the server dropped %d of %d, the ledger says %+v", dropped, n, l)
		}
	})
}
