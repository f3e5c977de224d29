//go:build linux

package thirdparty

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"rtbench/internal/testrun"
)

// encoded is a codec for messages that are already encoded.
type encoded struct{}

func (encoded) Name() string { return "proto" }

func (encoded) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

func (encoded) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = slices.Clone(data)
	return nil
}

func connect(t *testing.T, s *Server) *grpc.ClientConn {
	t.Helper()
	how := insecure.NewCredentials()
	if s.TLS {
		how = credentials.NewTLS(s.ClientTLS(t))
	}
	c, err := grpc.NewClient(s.Host, grpc.WithTransportCredentials(how))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// call opens a call that carries encoded messages.
func call(ctx context.Context, t *testing.T, c *grpc.ClientConn, method string, up, down bool) grpc.ClientStream {
	t.Helper()
	desc := &grpc.StreamDesc{ClientStreams: up, ServerStreams: down}
	stream, err := c.NewStream(ctx, desc, method, grpc.ForceCodec(encoded{}))
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// question encodes a Question with an id, a text and a body of five bytes.
func question(id int) []byte {
	b := protowire.AppendTag(nil, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(id))
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	b = protowire.AppendString(b, "how are you?")
	b = protowire.AppendTag(b, 3, protowire.BytesType)
	return protowire.AppendBytes(b, []byte("\x00\x01\x02\xfe\xff"))
}

// number returns the value of a varint field, -1 if it is missing.
func number(message []byte, field protowire.Number) int {
	for len(message) > 0 {
		num, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return -1
		}
		message = message[n:]
		if num == field && kind == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(message)
			return int(v)
		}
		if n = protowire.ConsumeFieldValue(num, kind, message); n < 0 {
			return -1
		}
		message = message[n:]
	}
	return -1
}

func send(t *testing.T, stream grpc.ClientStream, message []byte) {
	t.Helper()
	if err := stream.SendMsg(&message); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, stream grpc.ClientStream) []byte {
	t.Helper()
	var message []byte
	if err := stream.RecvMsg(&message); err != nil {
		t.Fatal(err)
	}
	return message
}

// expectEnd expects the call to end with a status code.
func expectEnd(t *testing.T, stream grpc.ClientStream, code codes.Code) {
	t.Helper()
	var message []byte
	err := stream.RecvMsg(&message)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if status.Code(err) != code {
		t.Errorf("the call ended with %v, expected %v", err, code)
	}
}

// expectAnswer expects the question's id, text and body, and the server's time.
func expectAnswer(t *testing.T, answer []byte, id int) {
	t.Helper()
	asked := question(id)[2:] // skips the id, two bytes unless it is 0
	if !bytes.Contains(answer, asked) || max(number(answer, 1), 0) != id || number(answer, 4) < 1 {
		t.Errorf("got % x, expected % x with %d and the time", answer, asked, id)
	}
}

// Every method works and is counted.
func TestGRPC(t *testing.T) {
	testrun.OnlyWithAll(t)
	for _, name := range []string{"grpcio", "node-grpc"} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", secure), func(t *testing.T) {
				t.Parallel()
				s := start(t, name, secure, 0)
				c := connect(t, s)
				ask(t, c, "/chat.v1.Chat/Ask")
				watch(t, c)
				collect(t, c)
				talk(t, c)
				leave(t, c)
				routes := s.Ledger(t).Routes
				check(t, "Ask", routes["/chat.v1.Chat/Ask"], 10, 10, 10, map[string]int{"OK": 10})
				check(t, "Watch", routes["/chat.v1.Chat/Watch"], 2, 2,
					routes["/chat.v1.Chat/Watch"].Sent, map[string]int{"OK": 1, "CANCELLED": 1})
				check(t, "Collect", routes["/chat.v1.Chat/Collect"], 1, 30, 1, map[string]int{"OK": 1})
				talk := routes["/chat.v1.Chat/Talk"]
				check(t, "Talk", talk, 1, 40, 40, map[string]int{"OK": 1})
				sum := 0
				for i := range 40 {
					sum += len(question(i))
				}
				// grpcio counts the message as it would encode it, without an id of 0.
				if talk.ReceivedBytes != sum && talk.ReceivedBytes != sum-2 {
					t.Errorf("%d bytes received by Talk, expected %d", talk.ReceivedBytes, sum)
				}
				if sent := routes["/chat.v1.Chat/Watch"].Sent; sent < 21 {
					t.Errorf("%d events sent, expected 21 or more", sent)
				}
			})
		}
	}
}

func ask(t *testing.T, c *grpc.ClientConn, method string) {
	t.Helper()
	for i := range 10 {
		stream := call(bounded(t), t, c, method, false, false)
		send(t, stream, question(i))
		if err := stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		expectAnswer(t, receive(t, stream), i)
	}
}

func watch(t *testing.T, c *grpc.ClientConn) {
	t.Helper()
	stream := call(bounded(t), t, c, "/chat.v1.Chat/Watch", false, true)
	send(t, stream, protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 20))
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		event := receive(t, stream)
		if got := max(number(event, 1), 0); got != n || number(event, 2) < 1 {
			t.Errorf("got event % x, expected number %d and the time", event, n)
		}
	}
	expectEnd(t, stream, codes.OK)
}

func collect(t *testing.T, c *grpc.ClientConn) {
	t.Helper()
	stream := call(bounded(t), t, c, "/chat.v1.Chat/Collect", true, false)
	for i := range 30 {
		send(t, stream, question(i))
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	summary := receive(t, stream)
	for field, want := range map[protowire.Number]int{1: 30, 2: 150, 3: 29} {
		if got := number(summary, field); got != want {
			t.Errorf("field %d of the summary is %d, expected %d", field, got, want)
		}
	}
}

func talk(t *testing.T, c *grpc.ClientConn) {
	t.Helper()
	stream := call(bounded(t), t, c, "/chat.v1.Chat/Talk", true, true)
	for i := range 40 {
		send(t, stream, question(i))
		expectAnswer(t, receive(t, stream), i)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	expectEnd(t, stream, codes.OK)
}

// leave cancels a call.
func leave(t *testing.T, c *grpc.ClientConn) {
	t.Helper()
	ctx, cancel := context.WithCancel(bounded(t))
	defer cancel()
	stream := call(ctx, t, c, "/chat.v1.Chat/Watch", false, true)
	send(t, stream, nil)
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	receive(t, stream)
	cancel()
	for {
		var message []byte
		if err := stream.RecvMsg(&message); err != nil {
			if status.Code(err) != codes.Canceled {
				t.Errorf("the call ended with %v, expected %v", err, codes.Canceled)
			}
			return
		}
	}
}
