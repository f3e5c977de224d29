package faulty

import (
	"time"

	"google.golang.org/grpc/codes"
)

// Streams that end after N messages.
var endFaults = []row{
	{name: "cuts after N", over: classes{exceptGRPC: "connection closed by the server", "grpc": "gRPC Unavailable: connection closed by the server"}, onMessage: afterN(cut)},
	{name: "resets after N", over: classes{exceptGRPC: "connection reset", "grpc": "gRPC Unavailable: connection reset"}, onMessage: afterN(reset)},
	{name: "ends cleanly after N", over: classes{allProtocols: ""}, onMessage: afterN(end(ending{code: 1000}))},
	{name: "closes with 1001", over: classes{"websocket": ""}, onMessage: afterN(end(ending{code: 1001, why: "going away"}))},
	{name: "closes with 1008", over: classes{"websocket": "closed by the server: 1008 policy violation"}, onMessage: afterN(end(ending{code: 1008, why: "not like this"}))},
	{name: "closes with 1011", over: classes{"websocket": "closed by the server: 1011 internal error"}, onMessage: afterN(end(ending{code: 1011, why: "out of order"}))},
	{name: "closes with 1012", over: classes{"websocket": "closed by the server: 1012 service restart"}, onMessage: afterN(end(ending{code: 1012, why: "restarting"}))},
	{name: "closes with 1013", over: classes{"websocket": "closed by the server: 1013 try again later"}, onMessage: afterN(end(ending{code: 1013, why: "later"}))},
	{name: "closes with 3000", over: classes{"websocket": "closed by the server: 3000"}, onMessage: afterN(end(ending{code: 3000}))},
	{name: "closes with 4001", over: classes{"websocket": "closed by the server: 4001"}, onMessage: afterN(end(ending{code: 4001, why: "session over"}))},
	{name: "ends with ABORTED after N", over: classes{"grpc": "gRPC Aborted"}, onMessage: afterN(end(ending{status: codes.Aborted, why: "enough"}))},
}

// afterN calls do once, after the first N messages.
func afterN(do func(*stream) error) messageFault {
	return func(st *stream, m message) error {
		if err := forward(st, m); err != nil || m.seq+1 != N {
			return err
		}
		st.faultOnly()
		return do(st)
	}
}

// stall pauses the stream once.
func stall(st *stream) error {
	d := Stall
	if st.pushes {
		d = EventStall
	}
	if !st.c.s.sleep(d) {
		return errEnded
	}
	return nil
}

// cut closes the connection without ending the stream.
func cut(st *stream) error {
	st.c.s.sleep(settleTime)
	_ = st.c.CloseWrite()
	return errEnded
}

// settleTime lets sent data leave the buffers of net/http and the kernel, which report data as
// sent as soon as they have it.
const settleTime = 50 * time.Millisecond

// reset resets the connection. A client may see the reset on a write and EOF on the next read.
func reset(st *stream) error {
	st.c.s.sleep(settleTime)
	st.c.reset()
	return errEnded
}

// end ends the stream cleanly.
func end(e ending) func(*stream) error {
	return func(st *stream) error {
		_ = st.locked(func() error { return st.close(e) })
		return errEnded
	}
}

// write sends raw bytes, then calls then unless it is nil.
func write(b func() []byte, then func(*stream) error) func(*stream) error {
	return func(st *stream) error {
		if err := st.locked(func() error { return st.raw(b()) }); err != nil || then == nil {
			return err
		}
		return then(st)
	}
}

// constant returns a function that returns s.
func constant(s string) func() []byte { return func() []byte { return []byte(s) } }

// keepReading sends nothing more and discards the client's messages.
func keepReading(st *stream) error {
	for {
		if _, err := st.next(); err != nil {
			return err
		}
	}
}
