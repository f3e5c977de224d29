//go:build linux

package thirdparty

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	reflection "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
)

// The Private service requires the token.
func TestGRPCPrivate(t *testing.T) {
	for _, name := range []string{"grpcio", "node-grpc"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, name)
			c := connect(t, s)
			for _, method := range []string{"/chat.v1.Private/Ask", "/chat.v1.Private/Talk"} {
				both := strings.HasSuffix(method, "Talk")
				stream := call(bounded(t), t, c, method, both, both)
				send(t, stream, question(1))
				_ = stream.CloseSend()
				expectEnd(t, stream, codes.Unauthenticated)

				ctx := metadata.AppendToOutgoingContext(bounded(t), "authorization", "Bearer "+Token)
				stream = call(ctx, t, c, method, both, both)
				send(t, stream, question(2))
				_ = stream.CloseSend()
				expectAnswer(t, receive(t, stream), 2)
				expectEnd(t, stream, codes.OK)
				l := s.Ledger(t).Routes[method]
				check(t, method, l, 1, 1, 1, map[string]int{"OK": 1})
				if l.Refused["UNAUTHENTICATED"] != 1 {
					t.Errorf("refused %v, expected one UNAUTHENTICATED", l.Refused)
				}
			}
		})
	}
}

// node-grpc supports reflection; Debian's grpcio does not.
func TestReflection(t *testing.T) {
	t.Parallel()
	for name, has := range map[string]bool{"node-grpc": true, "grpcio": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, name)
			stream, err := reflection.NewServerReflectionClient(connect(t, s)).ServerReflectionInfo(bounded(t))
			if err != nil {
				t.Fatal(err)
			}
			// If reflection is missing, Recv returns the error.
			_ = stream.Send(&reflection.ServerReflectionRequest{
				MessageRequest: &reflection.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "chat.v1.Chat"},
			})
			_ = stream.CloseSend()
			reply, err := stream.Recv()
			if !has {
				if status.Code(err) != codes.Unimplemented {
					t.Errorf("got %v, expected Unimplemented", err)
				}
				return
			}
			if err != nil || len(reply.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
				t.Errorf("got %v, %v, expected descriptors", reply, err)
			}
		})
	}
}
