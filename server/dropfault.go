package server

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// dropsAt returns when the fault of a request drops its stream, during the steady phase; 0 if it does not.
func (r *request) dropsAt() int64 {
	if r.fault.drop == 0 || r.SteadyFrom == 0 {
		return 0
	}
	return r.SteadyFrom + int64(r.fault.drop)
}

// A droppedStream is a pattern whose stream is closed at a time.
type droppedStream struct {
	pattern
	timer *time.Timer
}

// dropLater returns p, whose stream st a fault of r may drop.
func dropLater(r *request, st stream, p pattern) pattern {
	after := time.Duration(r.dropsAt() - clock.Now())
	if r.dropsAt() == 0 || after <= 0 {
		return p
	}
	end := func() { _ = st.Close() }
	if g, ok := st.(*grpcStream); ok { // only the return of its handler ends it
		end = func() { close(g.dropped) }
	}
	return &droppedStream{p, time.AfterFunc(after, end)}
}

// receiveUntilDropped is proto.Receive for an RPC that ends when its stream is dropped.
func (s *Server) receiveUntilDropped(g *grpcStream, v *exchange) error {
	received := make(chan struct{})
	s.workers.Go(func() {
		defer close(received)
		proto.Receive(g, v)
		v.wait()
	})
	select {
	case <-received:
		return g.err
	case <-g.dropped:
		_ = g.Close()
		g.sending.Lock() // a Send has ended, and the next ones fail
		defer g.sending.Unlock()
		return errDropped
	}
}

// errDropped ends an RPC whose stream a fault drops.
var errDropped = status.Error(codes.Unavailable, "dropped by the injected fault")

func (d *droppedStream) Ended(err error) {
	d.timer.Stop()
	d.pattern.Ended(err)
}

// refusals counts the attempts of clients to open streams again that a fault has dropped.
type refusals struct {
	mu       sync.Mutex
	attempts map[droppedBefore]uint64
}

// droppedBefore identifies a stream across its attempts.
type droppedBefore struct {
	topic string
	share int
}

// errRefused is the error of an attempt that a fault refuses.
var errRefused error = refusedError{}

type refusedError struct{}

func (refusedError) Error() string { return "refused by the injected fault" }

// GRPCStatus makes it that of a call.
func (e refusedError) GRPCStatus() *status.Status { return status.New(codes.Unavailable, e.Error()) }

// statusOf returns the HTTP status of an error of parseRequest.
func statusOf(err error) int {
	if errors.Is(err, errRefused) {
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// refuses reports whether the fault of a request refuses it.
func (f *refusals) refuses(r *request) bool {
	if at := r.dropsAt(); at == 0 || clock.Now() < at {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.attempts == nil {
		f.attempts = map[droppedBefore]uint64{}
	}
	of := droppedBefore{r.Topic, r.Share}
	f.attempts[of]++
	return f.attempts[of] <= r.fault.refuse
}
