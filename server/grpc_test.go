package server_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/proto"
	"rtbench/proto/streamingpb"
	"rtbench/server"
	"rtbench/server/guide"
)

const (
	processPath = "/streaming.DataStreamService/ProcessStream"
	fetchPath   = "/streaming.DataStreamService/FetchData"
	echoPath    = "/rtbench.bench.Bench/Echo"
	pushPath    = "/rtbench.bench.Bench/Push"
	uploadPath  = "/streaming.DataStreamService/UploadData"
)

// call opens an RPC.
func (c *h2) call(path string, more ...string) {
	c.greet()
	c.headers(1, false, c.block(append([]string{
		":method", "POST", ":scheme", "http", ":authority", "x", ":path", path, "content-type", "application/grpc", "te", "trailers",
	}, more...)...))
}

// message returns a gRPC message with any prefix.
func message(flag byte, length uint32, payload string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flag}, length), payload...)
}

func whole(payload string) []byte { return message(0, uint32(len(payload)), payload) }

// sent describes an RPC with these bytes and its expected reply.
func sent(path string, data []byte, want string, more ...string) attack {
	return attack{func(c *h2) {
		c.call(path, more...)
		_ = c.WriteData(1, true, data)
	}, []string{want}}
}

func TestHostileGRPC(t *testing.T) { onStacks(t, hostileGRPC) }

func hostileGRPC(t *testing.T, stack string) {
	s := start(t, server.Config{Stack: stack})
	const (
		ok, invalid, exhausted    = "grpc-status 0", "grpc-status 3", "grpc-status 8"
		unimplemented, internally = "grpc-status 12", "grpc-status 13"
	)
	late := []string{"grpc-status 4", "RST_STREAM CANCEL"}
	attacks := onHTTP2()
	for name, a := range map[string]attack{
		"settings":          {func(c *h2) { flood(c); c.get(1, "/nowhere") }, []string{":status 405", ":status 415"}},
		"rapid reset":       {func(c *h2) { rapidReset(c, processPath) }, []string{"GOAWAY PROTOCOL_ERROR", "GOAWAY ENHANCE_YOUR_CALM", "RST_STREAM PROTOCOL_ERROR", "closed"}},
		"no content type":   {greeted(func(c *h2) { c.get(1, processPath) }), []string{":status 405", ":status 415"}},
		"headers":           sent(processPath, nil, "RST_STREAM FRAME_SIZE_ERROR", list(17)...).or(":status 431"),
		"continued headers": sent(processPath, nil, "closed", list(100)...).or("GOAWAY ENHANCE_YOUR_CALM"),
		"headers in bounds": sent(processPath, nil, ok, list(12)...),
		"unknown method":    sent("/streaming.DataStreamService/Dance", nil, unimplemented),
		"unknown service":   sent("/nowhere.Nothing/Dance", nil, unimplemented),
		"no method":         sent("/", nil, unimplemented),
		"bad timeout":       sent(processPath, nil, ":status 400", "grpc-timeout", "99999999999H"),
		"unknown encoding":  sent(processPath, message(1, 1, "x"), unimplemented, "grpc-encoding", "nonsense"),

		"half a prefix":     sent(processPath, []byte{0, 0}, internally),
		"half a message":    sent(processPath, message(0, 100, "abc"), internally),
		"compressed by no":  sent(processPath, message(1, 3, "abc"), internally),
		"flag of no kind":   sent(processPath, message(7, 3, "abc"), internally),
		"no protobuf":       sent(processPath, whole("\xff\xff\xff"), internally),
		"no UTF-8":          sent(processPath, whole("\x0a\x02\xff\xfe"), internally),
		"deep groups":       sent(processPath, whole(strings.Repeat("\x0b", 10_000)), internally),
		"unknown fields":    sent(processPath, whole("\xf8\x07\x01"), ok),
		"prefix of 4 GB":    sent(processPath, message(0, 1<<32-1, "x"), exhausted),
		"prefix too long":   sent(uploadPath, message(0, 2*proto.MaxSize+1, "x"), exhausted),
		"nothing to fetch":  sent(fetchPath, nil, internally),
		"negative limit":    sent(fetchPath, whole("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), invalid),
		"upload of nothing": sent(uploadPath, nil, ok),

		"no call":        sent(echoPath, nil, invalid),
		"wrong call":     sent(echoPath, nil, invalid, proto.MetadataKey, "pattern=dance"),
		"other pattern":  sent(echoPath, nil, invalid, proto.MetadataKey, "pattern=upload"),
		"two calls":      sent(echoPath, nil, invalid, proto.MetadataKey, "pattern=echo", proto.MetadataKey, "pattern=echo"),
		"split response": sent(echoPath, nil, invalid, proto.MetadataKey, "%0d%0aInjected:+x=1"),
		"echo of a lie":  sent(echoPath, whole("\x0a\x7fx"), internally, proto.MetadataKey, "pattern=echo"),

		"echo in no encoding": {func(c *h2) {
			c.call(echoPath, proto.MetadataKey, "pattern=echo&text=true&native=true")
			_ = c.WriteData(1, false, whole("\x0a\x01x")) // and the client keeps its side open
		}, []string{"RST_STREAM CANCEL", "grpc-status 1"}},
		"push of nothing":          sent(pushPath, nil, internally, proto.MetadataKey, "pattern=push"),
		"push past its deadline":   {func(c *h2) { c.call(pushPath, proto.MetadataKey, "pattern=push", "grpc-timeout", "1n") }, late},
		"echo past its deadline":   {func(c *h2) { c.call(echoPath, proto.MetadataKey, "pattern=echo", "grpc-timeout", "1n") }, late},
		"method past its deadline": {func(c *h2) { c.call(processPath, "grpc-timeout", "1n") }, late},

		"half-closed twice": {func(c *h2) {
			c.call(processPath)
			_ = c.WriteData(1, true, nil)
			_ = c.WriteData(1, true, nil)
		}, []string{ok, "RST_STREAM STREAM_CLOSED"}},
		"message after the end": {func(c *h2) {
			c.call(processPath)
			_ = c.WriteData(1, true, nil)
			_ = c.WriteData(1, false, whole("\x0a\x01x"))
		}, []string{ok, "RST_STREAM STREAM_CLOSED"}},
		"more than the window": {func(c *h2) {
			c.call(processPath)
			data := message(0, proto.MaxSize, strings.Repeat("x", 16<<10-5))
			for range 80 { // a complete message, if the window grew in time
				_ = c.WriteData(1, false, data)
			}
		}, []string{"RST_STREAM FLOW_CONTROL_ERROR", "GOAWAY FLOW_CONTROL_ERROR", "closed", exhausted, internally}},
	} {
		attacks[name] = a
	}
	survive(t, s, func(t *testing.T) {
		for name, a := range attacks {
			t.Run(name, func(t *testing.T) { a.run(t, s, "grpc") })
		}
	})
}

// Messages to the guide's service are limited by the guide; those to the reference API
// may be longer.
func TestGRPCMessageLimits(t *testing.T) { onStacks(t, grpcMessageLimits) }

func grpcMessageLimits(t *testing.T, stack string) {
	const most = 1000
	s := start(t, server.Config{Stack: stack, Guide: guide.Config{MaxMessage: most}})
	c, ctx := dataStream(t, s)
	for input, want := range map[int]codes.Code{most - 3: codes.OK, most - 2: codes.ResourceExhausted, proto.MaxSize: codes.ResourceExhausted, 3 * proto.MaxSize: codes.ResourceExhausted} {
		text := strings.Repeat("x", input)
		both, err := c.ProcessStream(ctx)
		if err == nil {
			_ = both.Send(&streamingpb.ProcessRequest{Input: text})
			_, err = both.Recv()
			_ = both.CloseSend()
		}
		if status.Code(err) != want {
			t.Errorf("ProcessStream of %d bytes: %v, want %v", input, err, want)
		}
		up, err := c.UploadData(ctx)
		if err == nil {
			_ = up.Send(&streamingpb.UploadRequest{Data: []byte(text)})
			_, err = up.CloseAndRecv()
		}
		if status.Code(err) != want {
			t.Errorf("UploadData of %d bytes: %v, want %v", input, err, want)
		}
		fetched, err := c.FetchData(ctx, &streamingpb.DataRequest{Query: text})
		if err == nil {
			_, err = fetched.Recv()
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		if status.Code(err) != want {
			t.Errorf("FetchData of %d bytes: %v, want %v", input, err, want)
		}
	}
}

// A canceled RPC ends, whatever it was doing.
func TestCanceledRPC(t *testing.T) { onStacks(t, canceledRPC) }

func canceledRPC(t *testing.T, stack string) {
	s := start(t, server.Config{Stack: stack})
	survive(t, s, func(t *testing.T) {
		c, ctx := dataStream(t, s)
		ctx, cancel := context.WithCancel(ctx)
		fetched, err := c.FetchData(ctx, &streamingpb.DataRequest{Limit: 1<<31 - 1})
		if err == nil {
			_, err = fetched.Recv()
		}
		both, err2 := c.ProcessStream(ctx)
		if err2 == nil {
			err2 = both.Send(&streamingpb.ProcessRequest{Input: "x"})
		}
		up, err3 := c.UploadData(ctx)
		if err3 == nil {
			err3 = up.Send(&streamingpb.UploadRequest{Data: []byte("x")})
		}
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		cancel()
		for err == nil {
			_, err = fetched.Recv()
		}
		for err2 == nil {
			_, err2 = both.Recv()
		}
		_, err3 = up.CloseAndRecv()
		for _, err := range []error{err, err2, err3} {
			if status.Code(err) != codes.Canceled {
				t.Error(err)
			}
		}
	})
}

// A client that never reads uses bounded memory, since the server stops reading from it.
// The client sends until its time is up; slow machines get less far.
func TestGRPCClientThatNeverReads(t *testing.T) { onStacks(t, grpcClientThatNeverReads) }

func grpcClientThatNeverReads(t *testing.T, stack string) {
	const most = 128 << 20
	s := start(t, server.Config{Stack: stack, Guide: guide.Config{MaxMessage: proto.MaxSize}})
	survive(t, s, func(t *testing.T) {
		c := dialH2(t, s, "grpc")
		c.call(processPath)
		received := make(chan int) // bytes accepted from the client
		go func() {
			defer close(received)
			for {
				f, err := c.ReadFrame()
				if err != nil {
					return
				}
				if w, ok := f.(*http2.WindowUpdateFrame); ok && w.StreamID == 1 {
					received <- int(w.Increment)
				}
			}
		}()
		data := whole("\x0a\x80\x80\x01" + strings.Repeat("x", 16<<10))
		data = data[:len(data):len(data)]
		window, total := 65535, 0
		_ = c.WriteWindowUpdate(0, 1<<30) // the connection's window is not the limit
		_ = c.nc.SetReadDeadline(time.Now().Add(time.Second))
		for more := true; more && total < most; {
			for ; window >= len(data); window -= len(data) {
				_ = c.WriteData(1, false, data[:len(data)/2])
				_ = c.WriteData(1, false, data[len(data)/2:])
				total += len(data)
			}
			var n int
			n, more = <-received
			window += n
		}
		_ = c.nc.Close()
		for range received {
		}
		if total >= most {
			t.Errorf("the server took %d MB", total>>20)
		}
	})
}
